// Keeps the models true by the one event stream.
import { openEvents } from './api.js';

/** No event for this long, though the machine's figures come every few seconds: the line is dead. */
const SILENCE = 20_000;
const RETRY = [1000, 2000, 3000, 5000];

export class Live extends EventTarget {
  /** @type {EventSource|null} */
  #source = null;
  #tries = 0;
  #heard = 0;
  #figures = 0;
  /** @type {number|undefined} */
  #timer;

  /** @param {import('./store.js').Instances} instances @param {import('./store.js').Server} server */
  constructor(instances, server) {
    super();
    this.instances = instances;
    this.server = server;
  }

  start() {
    this.#open();
    setInterval(() => this.#watch(), 5000);
    addEventListener('offline', () => this.#lost());
    addEventListener('online', () => this.#open());
    addEventListener('pageshow', (event) => event.persisted && this.#open());
  }

  #open() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#heard = Date.now();
    this.#figures = 0;
    this.#source = openEvents(
      (name, data) => this.#take(name, data),
      () => this.#lost(),
    );
  }

  #lost() {
    this.server.setLink('lost');
    this.#source?.close();
    clearTimeout(this.#timer);
    const wait = RETRY[Math.min(this.#tries++, RETRY.length - 1)];
    this.#timer = setTimeout(() => this.#open(), wait);
  }

  #watch() {
    if (this.#figures >= 2 && Date.now() - this.#heard > SILENCE && !document.hidden) this.#lost();
  }

  /** @param {string} name @param {any} data */
  #take(name, data) {
    this.#heard = Date.now();
    switch (name) {
      case 'snapshot':
        this.#tries = 0;
        this.server.apply(data);
        this.instances.replace(data.instances);
        break;
      case 'instance':
        this.instances.put(data);
        break;
      case 'removed':
        this.instances.drop(data.id);
        break;
      case 'log':
        this.instances.get(data.id)?.grew(data.size);
        break;
      case 'stats':
        this.#figures += 1;
        this.server.setStats(data);
        break;
      case 'notice':
        this.dispatchEvent(new CustomEvent('notice', { detail: data }));
        break;
    }
    // After a short break the server may resume without a snapshot.
    if (this.instances.known) this.server.setLink('live');
  }
}
