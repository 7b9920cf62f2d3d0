import { announce } from "./announce.js";
import { commandOf } from "./commands.js";
import { Connection } from "./connection.js";
import { CurlDialog, KeyDialog } from "./dialogs.js";
import { byId } from "./dom.js";
import { Examples } from "./examples.js";
import { FormErrors } from "./form-errors.js";
import { History } from "./history.js";
import { openHistoryStore } from "./history-store.js";
import { apiKey } from "./key.js";
import { MaskEditor } from "./mask-editor.js";
import { ModeChoice } from "./mode-choice.js";
import { ModelCard } from "./model-card.js";
import { modeOf, offeredModes } from "./modes.js";
import { Outcome } from "./outcome.js";
import { Progress } from "./progress.js";
import { Server } from "./server.js";
import { SettingsForm } from "./settings.js";
import { watchForPictures } from "./source-input.js";
import { Stage } from "./stage.js";
import { Workbench } from "./workbench.js";

/** @import { Offer } from "./connection.js" */
/** @import { RouteFeatures } from "./features.js" */
/** @import { HistoryEntry } from "./history.js" */
/** @import { Mode } from "./modes.js" */

/** @type {RouteFeatures} what is asked of a route that is not known yet */
const UNKNOWN = { fields: new Set(), events: false, mostPictures: 1, kinds: [] };

const server = new Server(apiKey.read);
const stage = new Stage();
const errors = new FormErrors();
const settings = new SettingsForm();
const card = new ModelCard();
const outcome = new Outcome(stage);
const mask = new MaskEditor((isDrawing) => isDrawing && outcome.hide());
const examples = new Examples((instruction, task) => {
  settings.writeInstruction(instruction);
  if (task !== null) {
    settings.usePreset(task);
  }
});
const modeChoice = new ModeChoice(useMode);
const history = new History((entry) => void restore(entry));
const curlDialog = new CurlDialog();
const keyDialog = new KeyDialog(() => connection.open());
const connection = new Connection(server, card, keyDialog, show);
const workbench = new Workbench(
  server,
  { stage, progress: new Progress(), outcome, mask, errors },
  (entry) => history.add(entry),
  (reason) => keyDialog.open(reason),
);

/** @type {Offer | null} */
let offer = null;

/** @param {Offer} found */
function show(found) {
  const isAnother = offer?.model.id !== found.model.id;
  offer = found;
  workbench.model = found.model;
  card.show(found.model);
  if (isAnother) {
    settings.open(found.model);
  }
  examples.fill(found.tasks, found.features.exampleInstruction);
  modeChoice.offer(offeredModes(found.features));
}

/** @param {Mode} mode */
function routeOf(mode) {
  return offer?.features.routes.get(mode.route) ?? UNKNOWN;
}

/** @param {Mode} mode */
function useMode(mode) {
  const route = routeOf(mode);
  errors.clear();
  settings.useMode(mode, route);
  mask.offer(route.fields.has("mask"));
  examples.show(mode.field === "instruction");
  const preset = offer?.tasks.find((task) => mode.presets.includes(task.name));
  if (preset) {
    settings.usePreset(preset);
  }
}

function wish() {
  const { mode } = modeChoice;
  return { mode, route: routeOf(mode), settings: settings.read() };
}

/** Goes back to an earlier request and what came of it. @param {HistoryEntry} entry */
async function restore(entry) {
  const { file, name, isOnDisk } = entry.source;
  modeChoice.choose(modeOf(entry.mode));
  settings.write(entry.settings);
  if (await workbench.take(file, name, isOnDisk, entry.mask)) {
    await outcome.show(entry);
    announce("Restored.");
    byId("frame", HTMLElement).scrollIntoView({ block: "nearest" });
  }
}

async function useResult() {
  const { picture, fileName } = outcome;
  if (picture !== null && (await workbench.take(picture.blob, fileName, false))) {
    announce("The result is the source now.");
    byId("instruction", HTMLTextAreaElement).focus();
  }
}

async function showFormCommand() {
  const source = workbench.requireSource();
  if (source !== null) {
    const { mode, route, settings } = wish();
    const painted = route.fields.has("mask") ? await mask.read() : null;
    const url = server.addressOf(mode.route);
    curlDialog.open(commandOf({ url, mode, taken: route.fields, settings, source, mask: painted }));
  }
}

function showResultCommand() {
  const { entry, picture, seed } = outcome;
  if (entry !== null) {
    const mode = modeOf(entry.mode);
    curlDialog.open(
      commandOf({
        ...entry,
        url: server.addressOf(mode.route),
        mode,
        taken: routeOf(mode).fields,
        // One picture with its own seed, also where several were made.
        settings: { ...entry.settings, seed: seed === null ? entry.settings.seed : String(seed), count: "1" },
        output: picture === null ? undefined : outcome.fileName,
      }),
    );
  }
}

async function useSample() {
  const address = new URL("../sample.webp", import.meta.url);
  const file = await (await fetch(address)).blob();
  await workbench.take(file, "sample.webp", false);
}

/** @param {string} id @param {() => void} act */
function onClick(id, act) {
  byId(id, HTMLButtonElement).addEventListener("click", act);
}

byId("controls", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void workbench.run(wish());
});
byId("instruction", HTMLTextAreaElement).addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    void workbench.run(wish());
  }
});
onClick("remove-source", () => workbench.remove());
onClick("use-result", () => void useResult());
onClick("keep-seed", () => {
  if (outcome.seed !== null) {
    settings.writeSeed(outcome.seed);
    announce(`Seed ${outcome.seed} is kept for the next requests.`);
  }
});
onClick("result-curl", showResultCommand);
onClick("form-curl", () => void showFormCommand());
onClick("use-sample", () => void useSample());
watchForPictures((file, isOnDisk) => void workbench.take(file, file.name || "picture.png", isOnDisk));

await history.open(await openHistoryStore());
await connection.open();
