import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { curlCommand, quoteForShell } from "../../../src/Api/wwwroot/js/curl.js";

const request = {
  url: "http://localhost:5080/v1/edits",
  accept: "image/png",
  output: "edited.png",
  hasKey: false,
};

/** The words that a shell makes of a command. @param {string} command */
function words(command) {
  const script = `curl() { for word; do printf '%s\\0' "$word"; done; }; API_KEY=secret; ${command}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

test("a shell reads back every word unchanged", () => {
  for (const word of ["plain", "two words", "it's", '$HOME `id` \\ " ;&|<>*?~#!', "a\nb", "", "ä 猫"]) {
    assert.equal(execFileSync("sh", ["-c", `printf %s ${quoteForShell(word)}`], { encoding: "utf8" }), word);
  }
});

test("the command holds the file, the fields and the address", () => {
  const command = curlCommand({
    ...request,
    parts: [
      { name: "image", fileName: "photo.jpg" },
      { name: "instruction", value: "make it; @winter <now>" },
    ],
  });
  assert.deepEqual(words(command), [
    ...["-sS", "--fail-with-body", "-o", "edited.png", "-H", "Accept: image/png", "-F", "image=@photo.jpg"],
    ...["--form-string", "instruction=make it; @winter <now>", "http://localhost:5080/v1/edits"],
  ]);
});

test("a file's name with marks of curl's own is quoted for curl", () => {
  const command = curlCommand({ ...request, parts: [{ name: "image", fileName: 'a;b,"c"\\d\'e.png' }] });
  assert.ok(words(command).includes('image=@"a;b,\\"c\\"\\\\d\'e.png"'));
});

test("a name that begins like an option stays a file's name", () => {
  assert.ok(
    words(curlCommand({ ...request, parts: [{ name: "image", fileName: "-x.png" }] })).includes("image=@-x.png"),
  );
});

test("the key is named and not told", () => {
  const command = curlCommand({ ...request, hasKey: true, parts: [] });
  assert.match(command, /\$API_KEY/);
  assert.ok(words(command).includes("Authorization: Bearer secret"));
});
