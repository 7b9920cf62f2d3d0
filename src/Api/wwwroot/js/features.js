/**
 * What a route takes and gives, by the OpenAPI document.
 * @typedef {object} RouteFeatures
 * @property {Set<string>} fields names of the form's fields
 * @property {boolean} events whether it tells how the work goes, as an event stream
 * @property {number} mostPictures results that one request may ask for
 * @property {string[]} kinds choices of the field `kind`
 */

/**
 * What this server offers: the page shows what is there and nothing else.
 * @typedef {object} Features
 * @property {Map<string, RouteFeatures>} routes by address, without the slash at its start
 * @property {string | null} exampleInstruction
 */

const FORM = "multipart/form-data";

/**
 * @param {Record<string, any>} document
 * @returns {Features}
 */
export function featuresOf(document) {
  /** @type {Features["routes"]} */
  const routes = new Map();
  for (const [path, { post }] of Object.entries(document.paths ?? {})) {
    const fields = post?.requestBody?.content?.[FORM]?.schema?.properties;
    if (fields) {
      routes.set(path.slice(1), {
        fields: new Set(Object.keys(fields)),
        events: "text/event-stream" in (post.responses?.["200"]?.content ?? {}),
        mostPictures: Number(fields.n?.maximum ?? 1),
        kinds: fields.kind?.enum ?? [],
      });
    }
  }
  const edit = document.paths?.["/v1/edits"]?.post?.requestBody?.content?.[FORM]?.schema?.properties;
  return { routes, exampleInstruction: edit?.instruction?.examples?.[0] ?? null };
}
