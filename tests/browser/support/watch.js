// Looks over a page's shoulder: what goes wrong in it fails the test unless the test said that it would.

/** @typedef {{ test: (fault: string) => boolean }} Pattern a RegExp, or a rule of one's own */

export class Watch {
  /** @type {string[]} */
  #faults = [];
  /** @type {Pattern[]} */
  #expected = [];
  /** @type {Set<string>} */
  #hosts;
  /** What was answered with nothing. @type {WeakSet<import('playwright-core').Request>} */
  #answered = new WeakSet();
  /** The websockets that were opened. @type {string[]} */
  sockets = [];

  /** @param {import('playwright-core').BrowserContext} context @param {string} origin all that the pages may ask */
  constructor(context, origin) {
    this.#hosts = new Set([new URL(origin).host]);
    context.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      const { url } = message.location();
      this.#add(`console ${message.type()}: ${message.text()}${url ? ` (${url})` : ''}`);
    });
    context.on('weberror', (error) => this.#add(`uncaught: ${error.error().stack ?? error.error()}`));
    context.on('request', (request) => this.#asks(request.url()));
    context.on('page', (page) =>
      page.on('websocket', (socket) => {
        this.sockets.push(socket.url());
        this.#asks(socket.url());
      }),
    );
    context.on('requestfailed', (request) => {
      // A call that was answered, by a page that goes on to another at once: Chromium has not put the empty answer away yet.
      if (this.#answered.has(request) && request.failure()?.errorText === 'net::ERR_ABORTED') return;
      // A page that is left closes its streams, and waits for nothing it has asked.
      const asks = request.resourceType() === 'eventsource' || (['fetch', 'script'].includes(request.resourceType()) && request.method() === 'GET');
      if (asks && request.failure()?.errorText === 'net::ERR_ABORTED') return;
      this.#add(`failed request: ${request.method()} ${request.url()} (${request.failure()?.errorText})`);
    });
    context.on('response', (response) => {
      if (response.status() === 204) this.#answered.add(response.request());
      if (response.status() >= 400) this.#add(`status ${response.status()}: ${response.request().method()} ${response.url()}`);
    });
  }

  /** @param {string} text */
  #add(text) {
    this.#faults.push(text);
  }

  /** @param {string} address */
  #asks(address) {
    const url = new URL(address);
    if (/^(http|ws)s?:$/.test(url.protocol) && !this.#hosts.has(url.host)) this.#add(`foreign request: ${address}`);
  }

  /** Nothing but this address may be asked from now on. @param {string} address */
  onlyOwn(address) {
    this.#hosts = new Set([new URL(address).host]);
  }

  /** Another address of the server. @param {string} address */
  alsoOwn(address) {
    this.#hosts.add(new URL(address).host);
  }

  /** Faults like these are part of the test. @param {...Pattern} patterns */
  expect(...patterns) {
    this.#expected.push(...patterns);
  }

  /** An answer of this status is part of the test, and Chromium's line about it. @param {number} status @param {string} [path] */
  expectStatus(status, path = '') {
    const place = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    this.expect(new RegExp(`^status ${status}: .*${place}`), new RegExp(`^console error: Failed to load resource: .* status of ${status} .*${place}`));
  }

  /** What went wrong so far and was not expected. */
  get faults() {
    return this.#faults.filter((fault) => !this.#expected.some((pattern) => pattern.test(fault)));
  }

  check() {
    const { faults } = this;
    if (faults.length) throw new Error(`The browser met ${faults.length} unexpected fault(s):\n  ${faults.join('\n  ')}`);
  }
}
