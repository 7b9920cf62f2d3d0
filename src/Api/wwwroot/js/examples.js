import { announce } from "./announce.js";
import { byId, make } from "./dom.js";

/** @import { Task } from "./server.js" */

/** Instructions to try, by kind of task. */
export class Examples {
  #section = byId("examples", HTMLElement);
  #select = byId("task", HTMLSelectElement);
  #list = byId("example-list", HTMLUListElement);
  /** @type {Task[]} */
  #tasks = [];

  /** @param {(instruction: string, task: Task | null) => void} choose */
  constructor(choose) {
    this.#choose = choose;
    this.#select.addEventListener("change", () => this.#showTask());
  }

  #choose;

  /**
   * @param {Task[]} tasks
   * @param {string | null} otherwise an instruction for a model that names no tasks
   */
  fill(tasks, otherwise) {
    this.#tasks = tasks.filter((task) => task.instructions.length > 0);
    this.#select.hidden = this.#tasks.length === 0;
    this.#select.replaceChildren(
      ...this.#tasks.map((task, i) => make("option", { value: String(i) }, nameOf(task.name))),
    );
    if (this.#tasks.length > 0) {
      this.#showTask();
    } else if (otherwise !== null) {
      this.#list.replaceChildren(this.#item(otherwise, null));
    }
  }

  /** @param {boolean} isWanted whether the words that are asked for are an instruction */
  show(isWanted) {
    this.#section.hidden = !isWanted || this.#list.childElementCount === 0;
  }

  #showTask() {
    const task = this.#tasks[Number(this.#select.value)];
    this.#list.replaceChildren(...task.instructions.map((instruction) => this.#item(instruction, task)));
  }

  /** @param {string} instruction @param {Task | null} task */
  #item(instruction, task) {
    const button = make("button", { type: "button", class: "chip" }, instruction);
    button.addEventListener("click", () => {
      this.#choose(instruction, task);
      announce(task === null ? "Instruction set." : `Instruction set, with the values for ${nameOf(task.name)}.`);
    });
    return make("li", {}, button);
  }
}

/** "keypoint_detection" as people write it. @param {string} name */
function nameOf(name) {
  const words = name.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
