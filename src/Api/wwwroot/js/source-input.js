import { byId } from "./dom.js";

/**
 * The ways in for a picture: choose, camera, drop anywhere, paste anywhere.
 * @param {(file: File, isOnDisk: boolean) => void} take
 */
export function watchForPictures(take) {
  for (const id of ["choose-file", "replace-file", "camera-file"]) {
    const input = byId(id, HTMLInputElement);
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      // Choosing the same file again is a change too.
      input.value = "";
      if (file) {
        take(file, id !== "camera-file");
      }
    });
  }
  watchForDrops((file) => take(file, true));
  document.addEventListener("paste", (event) => {
    const file = pictureOf(event.clipboardData);
    if (file) {
      event.preventDefault();
      take(file, false);
    }
  });
}

/** @param {(file: File) => void} take */
function watchForDrops(take) {
  let depth = 0; // the pointer enters each element that it passes over
  const show = () => document.body.classList.toggle("is-dropping", depth > 0);
  document.addEventListener("dragenter", (event) => {
    if (holdsFiles(event)) {
      depth++;
      show();
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (holdsFiles(event)) {
      depth = Math.max(0, depth - 1);
      show();
    }
  });
  document.addEventListener("dragover", (event) => {
    if (holdsFiles(event)) {
      event.preventDefault();
    }
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) {
      return;
    }
    event.preventDefault();
    depth = 0;
    show();
    const file = pictureOf(event.dataTransfer) ?? event.dataTransfer?.files[0];
    if (file) {
      take(file);
    }
  });
}

/** @param {DragEvent} event */
function holdsFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** @param {DataTransfer | null} data */
function pictureOf(data) {
  return [...(data?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? null;
}
