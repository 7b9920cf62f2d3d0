/**
 * One part of a form: text, or a file by its name.
 * @typedef {{ name: string, value: string } | { name: string, fileName: string }} FormPart
 */

/**
 * A word as a POSIX shell reads it back unchanged.
 * @param {string} word
 */
export function quoteForShell(word) {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * A file's name as curl's -F reads it: quoted when it holds what would end the name.
 * @param {string} name
 */
function quoteForForm(name) {
  return /^[^",;\\]+$/.test(name) ? name : `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/**
 * The command that sends a form and keeps the answer.
 * @param {object} request
 * @param {string} request.url
 * @param {FormPart[]} request.parts
 * @param {string} request.accept the wanted media type
 * @param {string} request.output name of the file to write
 * @param {boolean} request.hasKey the key itself is left out: a command is pasted into places that keep it
 */
export function curlCommand({ url, parts, accept, output, hasKey }) {
  const lines = [
    "curl -sS --fail-with-body",
    `-o ${quoteForShell(output)}`,
    `-H ${quoteForShell(`Accept: ${accept}`)}`,
  ];
  if (hasKey) {
    lines.push('-H "Authorization: Bearer $API_KEY"');
  }
  for (const part of parts) {
    lines.push(
      "fileName" in part
        ? `-F ${quoteForShell(`${part.name}=@${quoteForForm(part.fileName)}`)}`
        : // --form-string, as -F reads a file when the text begins with @ or <, and cuts it at a semicolon.
          `--form-string ${quoteForShell(`${part.name}=${part.value}`)}`,
    );
  }
  lines.push(quoteForShell(url));
  return lines.join(" \\\n  ");
}
