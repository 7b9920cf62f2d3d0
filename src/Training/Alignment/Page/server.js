// What the page asks of the server. Whatever fails becomes an Error with a message for the person.

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error("The server cannot be reached: is it still running?");
  }
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({}));
    throw new Error(error ?? `The server answered ${response.status}.`);
  }
  return response.status === 204 ? null : response.json();
}

const by = (person) => `annotator=${encodeURIComponent(person)}`;
const item = (id) => `items/${encodeURIComponent(id)}`;

/** { limit, items: [{ id, chosen }] }; chosen is null until answered. */
export async function readState(person) {
  const { limit, items } = await ask(`state?${by(person)}`);
  return { limit, items: items.map(({ id, chosen }) => ({ id, chosen: chosen ?? null })) };
}

/** { id, instruction, files } */
export const readItem = (id) => ask(item(id));

/** Resolves when the answer is on the disk. */
export const keepAnswer = (id, person, chosen) =>
  ask(`${item(id)}/answer?${by(person)}`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ chosen }),
  });

export const pictureOf = (id, file) => `pictures/${encodeURIComponent(id)}/${encodeURIComponent(file)}`;
