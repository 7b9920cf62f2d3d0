// Drives a server with the official OpenAI SDK as an application would: node run.mjs SCENARIO BASE_URL PICTURE
// Prints what came back as one line of JSON, for the test that started it.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import OpenAI, { toFile } from 'openai';

const [scenario, baseURL, picture] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'any' });
const image = () => createReadStream(picture);
const digest = (base64) => createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex');

// Fields that only this server knows, such as seed and metadata, go through as they are. Without metadata the bytes are known.
const scenarios = {
  async edit() {
    const { data, response, request_id } = await client.images
      .edit({ model: 'gpt-image-1.5', image: image(), prompt: 'make it winter', seed: 7, metadata: 'none' })
      .withResponse();
    return {
      created: data.created,
      digests: data.data.map((one) => digest(one.b64_json)),
      size: data.size,
      output_format: data.output_format,
      background: data.background,
      usage: data.usage,
      request_id,
      ignored: response.headers.get('x-ignored-params'),
    };
  },

  async several() {
    const answer = await client.images.edit({ image: [image()], prompt: 'make it winter', n: 3, seed: 7, metadata: 'none' });
    return { digests: answer.data.map((one) => digest(one.b64_json)) };
  },

  async stream() {
    const events = [];
    const stream = await client.images.edit({
      image: image(),
      prompt: 'make it winter',
      seed: 7,
      steps: 6,
      metadata: 'none',
      stream: true,
      partial_images: 2,
    });
    for await (const event of stream) {
      events.push({
        type: event.type,
        index: event.partial_image_index,
        digest: digest(event.b64_json),
        usage: event.usage,
      });
    }
    return { events };
  },

  async error() {
    try {
      await client.images.edit({ image: image(), prompt: 'make it winter', n: 11 });
      return {};
    } catch (error) {
      const { status, type, param, code, message, requestID: request_id } = error;
      return { name: error.constructor.name, status, type, param, code, message, request_id };
    }
  },

  // The test lets the engine go on when it has seen the first refusal. The SDK retries no stream, so the picture is in memory.
  async retry() {
    const statuses = [];
    const watched = new OpenAI({
      baseURL,
      apiKey: 'any',
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (String(url).startsWith(baseURL)) {
          statuses.push(response.status); // the SDK also tries out what this fetch can do
        }
        return response;
      },
    });
    const file = await toFile(await readFile(picture), 'picture.png', { type: 'image/png' });
    const answer = await watched.images.edit({ image: file, prompt: 'make it winter', seed: 7, metadata: 'none' });
    return { statuses, digests: answer.data.map((one) => digest(one.b64_json)) };
  },

  async models() {
    const list = [];
    for await (const model of client.models.list()) {
      list.push({ id: model.id, object: model.object, created: model.created, owned_by: model.owned_by });
    }
    const one = await client.models.retrieve(list[0].id);
    const missing = await client.models.retrieve('no-such-model').catch((error) => error);
    return { list, one: one.id, missing: { name: missing.constructor.name, code: missing.code } };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
