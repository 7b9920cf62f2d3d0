/** @import { HistoryEntry } from "./history.js" */

const DATABASE = "instructdiffusion";
const STORE = "edits";
const TAB = "instructdiffusion.tab";

/** What closed tabs left behind goes after this time. */
const LIFETIME = 24 * 60 * 60 * 1_000;

/**
 * Where the edits of one tab are kept.
 * @typedef {object} HistoryStore
 * @property {boolean} isLasting true when they survive a reload of the page
 * @property {() => Promise<HistoryEntry[]>} readAll oldest first
 * @property {(entry: HistoryEntry) => Promise<void>} add
 * @property {(id: string) => Promise<void>} remove
 */

/** The browser's database, or the page's memory where there is none (private windows of some browsers). */
export async function openHistoryStore() {
  try {
    return await openDatabaseStore(nameOfThisTab());
  } catch {
    return memoryStore();
  }
}

/** @returns {HistoryStore} */
export function memoryStore() {
  /** @type {Map<string, HistoryEntry>} */
  const entries = new Map();
  return {
    isLasting: false,
    readAll: async () => [...entries.values()],
    add: async (entry) => void entries.set(entry.id, entry),
    remove: async (id) => void entries.delete(id),
  };
}

function nameOfThisTab() {
  const name = sessionStorage.getItem(TAB) ?? randomName();
  sessionStorage.setItem(TAB, name);
  return name;
}

// crypto.randomUUID is there for secure contexts alone; a server of the local network is none.
function randomName() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} tab @returns {Promise<HistoryStore>} */
async function openDatabaseStore(tab) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("tab", "tab");
  const database = await resultOf(opening);
  const store = (/** @type {IDBTransactionMode} */ mode) => database.transaction(STORE, mode).objectStore(STORE);
  await removeOld(store("readwrite"));
  return {
    isLasting: true,
    async readAll() {
      const entries = await resultOf(store("readonly").index("tab").getAll(tab));
      return entries.sort((a, b) => a.time - b.time);
    },
    add: async (entry) => void (await resultOf(store("readwrite").put({ ...entry, tab }))),
    remove: async (id) => void (await resultOf(store("readwrite").delete(id))),
  };
}

/** @param {IDBObjectStore} store */
async function removeOld(store) {
  for (const entry of await resultOf(store.getAll())) {
    if (entry.time < Date.now() - LIFETIME) {
      store.delete(entry.id);
    }
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
