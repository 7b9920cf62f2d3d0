import { keepAnswer, pictureOf, readItem, readState } from "./server.js";

const KEYS = "123456789abcdefghijk"; // of the first twenty candidates; the arrows reach the others
const byId = (id) => document.getElementById(id);
const work = byId("work");
const zoom = byId("zoom");

let person = localStorage.getItem("annotator") ?? "";
let limit = 0;
let items = []; // { id, chosen }: chosen is null until answered
let index = 0;
let item = null; // { id, instruction, files }
let focused = 0; // the candidate that the keys speak of
let isBusy = false;
let isZoomed = false;
const drafts = new Map(); // choices not yet kept, by item

function say(text, isWrong = false) {
  for (const status of [byId("status"), byId("zoom-status")]) {
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  }
}

/** Runs one piece of work at a time; what fails is told, and nothing moves. */
async function once(task) {
  if (isBusy) {
    return;
  }
  isBusy = true;
  try {
    await task();
  } catch (failure) {
    say(failure.message, true);
  } finally {
    isBusy = false;
  }
}

function draftOf(i) {
  const { id, chosen } = items[i];
  if (!drafts.has(id)) {
    drafts.set(id, new Set(chosen ?? []));
  }
  return drafts.get(id);
}

function showOnly(part) {
  for (const id of ["sign-in", "work", "done"]) {
    byId(id).hidden = id !== part;
  }
  for (const id of ["back", "progress", "progress-text"]) {
    byId(id).hidden = part === "sign-in";
  }
  for (const id of ["skip", "look", "none", "next"]) {
    byId(id).hidden = part !== "work";
  }
}

function showProgress() {
  const answered = items.filter(({ chosen }) => chosen !== null).length;
  byId("progress").max = Math.max(items.length, 1);
  byId("progress").value = answered;
  byId("progress-text").textContent = `${answered} of ${items.length} answered`;
}

async function begin() {
  byId("person").hidden = person === "";
  byId("person").textContent = `Picking as ${person}`;
  if (person === "") {
    showOnly("sign-in");
    byId("name").focus();
    return;
  }
  ({ limit, items } = await readState(person));
  drafts.clear();
  byId("question").textContent = `Which are good? Choose 0 to ${limit}.`;
  const open = items.findIndex(({ chosen }) => chosen === null);
  await goTo(open < 0 ? items.length : open);
}

async function goTo(to) {
  if (to >= items.length) {
    finish();
    return;
  }
  const next = await readItem(items[to].id);
  [index, item, focused] = [to, next, 0];
  showOnly("work");
  byId("place").textContent = `${index + 1} of ${items.length}`;
  byId("instruction").textContent = item.instruction;
  byId("source").src = pictureOf(item.id, "source.png");
  byId("candidates").replaceChildren(...item.files.map(thumbnail));
  showChoice();
  showProgress();
  say(items[index].chosen === null ? "" : items[index].chosen.length > 0 ? "Answered; you can change it." : "Answered: none is good.");
  focusOn(0);
  if (index + 1 < items.length) {
    preload(items[index + 1].id);
  }
}

function finish() {
  index = items.length;
  item = null;
  showOnly("done");
  showProgress();
  const open = items.filter(({ chosen }) => chosen === null).length;
  const picked = items.reduce((sum, { chosen }) => sum + (chosen?.length ?? 0), 0);
  byId("done-title").textContent = items.length === 0 ? "Nothing to pick yet" : open === 0 ? "All answered" : "That was the last";
  byId("done-text").textContent =
    `${items.length - open} of ${items.length} answered, ${picked} pictures chosen.` + (open > 0 ? ` ${open} were skipped.` : "");
  say("");
  byId("done-title").focus();
}

async function preload(id) {
  const next = await readItem(id).catch(() => null);
  for (const file of next ? ["source.png", ...next.files] : []) {
    new Image().src = pictureOf(id, file);
  }
}

function thumbnail(file, i) {
  const button = document.createElement("button");
  button.type = "button";
  const picture = document.createElement("img");
  picture.src = pictureOf(item.id, file);
  picture.alt = `Candidate ${i + 1}`;
  button.append(picture);
  if (i < KEYS.length) {
    const key = document.createElement("kbd");
    key.textContent = KEYS[i];
    key.ariaHidden = "true";
    button.append(key);
    button.setAttribute("aria-keyshortcuts", KEYS[i]);
  }
  button.addEventListener("click", () => toggle(i));
  button.addEventListener("dblclick", () => openZoom(i));
  // Closing the dialog puts the focus back where it was, before we say where it goes.
  button.addEventListener("focus", () => (focused = isZoomed ? focused : i));
  return button;
}

function showChoice() {
  const draft = draftOf(index);
  [...byId("candidates").children].forEach((button, i) => button.setAttribute("aria-pressed", draft.has(item.files[i])));
  byId("zoom-choose").setAttribute("aria-pressed", draft.has(item.files[focused]));
}

function focusOn(i) {
  focused = Math.min(Math.max(i, 0), item.files.length - 1);
  byId("candidates").children[focused].focus();
}

function toggle(i) {
  const draft = draftOf(index);
  const file = item.files[i];
  focused = i;
  if (!draft.delete(file)) {
    if (draft.size >= limit) {
      say(`At most ${limit}: take one back first.`, true);
      return;
    }
    draft.add(file);
  }
  say(`${draft.size} of at most ${limit} chosen.`);
  showChoice();
}

async function keep(chosen) {
  await keepAnswer(item.id, person, chosen);
  items[index].chosen = chosen;
  drafts.delete(item.id);
  await goTo(index + 1);
}

function next() {
  const chosen = item.files.filter((file) => draftOf(index).has(file));
  // An empty choice is an answer only when it is said: a finger that rests on Enter must not call everything bad.
  if (chosen.length > 0) {
    once(() => keep(chosen));
  } else if (items[index].chosen?.length === 0) {
    once(() => goTo(index + 1));
  } else {
    say("Nothing is chosen. Press 0 if none is good, or s to leave it for later.", true);
  }
}

const back = () => index > 0 && once(() => goTo(index - 1));
const skip = () => once(() => goTo(index + 1));
const none = () => once(() => keep([]));

function openZoom(i) {
  focused = i;
  showInZoom();
  if (!zoom.open) {
    isZoomed = true;
    zoom.showModal();
  }
}

function showInZoom() {
  byId("zoom-title").textContent = item.instruction;
  byId("zoom-source").src = pictureOf(item.id, "source.png");
  byId("zoom-candidate").src = pictureOf(item.id, item.files[focused]);
  byId("zoom-candidate").alt = `Candidate ${focused + 1}`;
  byId("zoom-caption").textContent = `Candidate ${focused + 1} of ${item.files.length}`;
  showChoice();
}

function columns() {
  const [first, ...rest] = byId("candidates").children;
  const other = rest.findIndex((button) => button.offsetTop > first.offsetTop);
  return other < 0 ? rest.length + 1 : other + 1;
}

function onKeyInZoom(key) {
  const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
  if (by !== undefined) {
    focused = Math.min(Math.max(focused + by, 0), item.files.length - 1);
    showInZoom();
  } else if (key === " ") {
    toggle(focused);
  } else if (key === "z") {
    zoom.close();
  } else {
    return false;
  }
  return true;
}

function onKeyOnPage(key, isOnControl) {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() }[key];
  const candidate = key.length === 1 ? KEYS.indexOf(key) : -1;
  if (by !== undefined) {
    const to = focused + by;
    focusOn(to >= 0 && to < item.files.length ? to : focused);
  } else if (candidate >= 0 && candidate < item.files.length) {
    toggle(candidate);
    focusOn(candidate);
  } else if (key === "Enter" && !isOnControl) {
    next();
  } else if (key === "0") {
    none();
  } else if (key === "s") {
    skip();
  } else if (key === "z") {
    openZoom(focused);
  } else {
    return false;
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("form")) {
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // A control under the cursor keeps its own Enter.
  const isOnControl = event.target.closest("footer, nav, a") !== null;
  let isTaken = false;
  if (zoom.open) {
    // Space on the dialog's own buttons is theirs.
    isTaken = key === " " && event.target.closest("dialog button") ? false : onKeyInZoom(key);
  } else if (key === "Backspace" && !byId("back").hidden) {
    back();
    isTaken = true;
  } else if (!work.hidden) {
    isTaken = onKeyOnPage(key, isOnControl);
  }
  if (isTaken) {
    event.preventDefault();
  }
});

byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  person = byId("name").value.trim().normalize("NFC");
  once(async () => {
    await begin();
    localStorage.setItem("annotator", person);
  });
});
byId("person").addEventListener("click", () => {
  byId("name").value = person;
  showOnly("sign-in");
  byId("name").focus();
});
const actions = { back, skip, none, next, look: () => openZoom(focused) };
actions["zoom-choose"] = () => toggle(focused);
actions["zoom-close"] = () => zoom.close();
Object.entries(actions).forEach(([id, action]) => byId(id).addEventListener("click", action));
zoom.addEventListener("close", () => {
  isZoomed = false;
  focusOn(focused);
});

once(begin);
