import { featuresOf } from "./features.js";
import { Problem } from "./problem.js";

/** @import { KeyDialog } from "./dialogs.js" */
/** @import { Features } from "./features.js" */
/** @import { ModelCard } from "./model-card.js" */
/** @import { Model, Server, Task } from "./server.js" */

/** How often a server that is still loading its model is asked. */
const LOADING_MILLISECONDS = 2_000;

/**
 * What the server offers.
 * @typedef {{ model: Model, tasks: Task[], features: Features }} Offer
 */

/** Finds out who answers and what is offered, however long the model loads and whatever key it takes. */
export class Connection {
  /**
   * @param {Server} server
   * @param {ModelCard} card shows the state until there is a model
   * @param {KeyDialog} keyDialog opened when a key is wanted
   * @param {(offer: Offer) => void} show told each time that the server was asked
   */
  constructor(server, card, keyDialog, show) {
    this.#server = server;
    this.#card = card;
    this.#keyDialog = keyDialog;
    this.#show = show;
  }

  #server;
  #card;
  #keyDialog;
  #show;

  /** Asks the server, again and again while it is loading; called again when there is another key. */
  async open() {
    try {
      const [model, tasks, description] = await Promise.all([
        this.#server.readModel(),
        this.#server.readTasks(),
        this.#server.readDescription(),
      ]);
      this.#show({ model, tasks, features: featuresOf(description) });
    } catch (error) {
      if (!(error instanceof Problem)) {
        throw error;
      }
      this.#wait(error);
    }
  }

  /** @param {Problem} problem */
  #wait(problem) {
    if (problem.wantsKey) {
      this.#card.showWaiting("Key needed", problem.message);
      this.#keyDialog.open(problem.detail || "This server wants an API key.");
      return;
    }
    this.#card.showWaiting(problem.status === 0 ? "No connection" : "Loading the model…", problem.message);
    setTimeout(() => void this.open(), LOADING_MILLISECONDS);
  }
}
