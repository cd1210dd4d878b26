// A language model that says what it was told, by the API that all chats know: what Open WebUI and its like talk to.
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** @param {import('node:http').IncomingMessage} request */
async function read(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return JSON.parse(text);
}

/** Answers by the words of the last message, one after the other. @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function chat(request, response) {
  const { messages, stream } = await read(request);
  const said = `You said: ${messages.at(-1).content}`;
  const answer = { id: 'parrot-1', created: 1, model: 'parrot', object: stream ? 'chat.completion.chunk' : 'chat.completion' };
  if (!stream) {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ ...answer, choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: said } }] }));
    return;
  }
  response.setHeader('Content-Type', 'text/event-stream');
  for (const word of said.split(' ')) {
    response.write(`data: ${JSON.stringify({ ...answer, choices: [{ index: 0, delta: { content: `${word} ` } }] })}\n\n`);
    await wait(50);
  }
  response.end(`data: ${JSON.stringify({ ...answer, choices: [{ index: 0, finish_reason: 'stop', delta: {} }] })}\n\ndata: [DONE]\n\n`);
}

/** @returns {Promise<{ address: string, close: () => void }>} its address, with /v1 at its end */
export async function parrot() {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/chat/completions')) void chat(request, response);
    else {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'parrot', object: 'model', owned_by: 'tests' }] }));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${port}/v1`, close: () => server.close() };
}
