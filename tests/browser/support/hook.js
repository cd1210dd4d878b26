// Somebody who is told things: a small HTTP server that keeps what it gets, and answers as it is told to.
import { createServer } from 'node:http';

/** @typedef {{ path: string, headers: import('node:http').IncomingHttpHeaders, body: string }} Got */

export class Hook {
  /** @type {Got[]} */
  got = [];
  /** How it answers. */
  status = 200;
  answer = 'thank you';
  port = 0;
  #server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      this.got.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(this.status, { 'Content-Type': 'text/plain' });
      response.end(this.answer);
    });
  });

  static async start() {
    const hook = new Hook();
    await new Promise((done) => hook.#server.listen(0, '127.0.0.1', () => done(null)));
    hook.port = /** @type {import('node:net').AddressInfo} */ (hook.#server.address()).port;
    return hook;
  }

  /** @param {string} path */
  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  stop() {
    this.#server.closeAllConnections();
    return new Promise((done) => this.#server.close(() => done(null)));
  }
}
