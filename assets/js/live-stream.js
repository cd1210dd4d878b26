// The connection itself: opened again when it ends, goes on where it was, and notices when it has died in silence.
import { openEvents } from './api.js';

/** No event for this long, though the machine's figures come every few seconds: the line is dead. */
const SILENCE = 20_000;
const WATCH = 5000;
/** Waits before it is tried again; the last one stays. */
const RETRY = [250, 1000, 2000, 3000, 5000];
/** Somebody who looks at the page may hurry a try, but not more often than this. */
const HURRY = 1000;

export class Stream {
  /** @type {EventSource|null} */
  #source = null;
  /** @type {string|null} */
  #after = null;
  #tries = 0;
  #heard = 0;
  #opened = 0;
  #figures = 0;
  /** @type {number|undefined} */
  #timer;
  /** @type {number|undefined} */
  #watch;
  #alive = false;

  /** @param {(name: string, data: any, id: string) => void} onEvent @param {() => void} onLost */
  constructor(onEvent, onLost) {
    this.onEvent = onEvent;
    this.onLost = onLost;
  }

  /** @param {string|null} after the id of the last event heard */
  start(after) {
    this.#after = after;
    this.#tries = 0;
    this.#open();
    clearInterval(this.#watch);
    this.#watch = setInterval(() => this.#look(), WATCH);
  }

  stop() {
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#source?.close();
    this.#source = null;
    this.#alive = false;
  }

  /** Somebody misses something: looks whether the line is still alive, or tries again now. */
  hurry() {
    if (this.#source) this.#look();
    else if (Date.now() - this.#opened > HURRY) this.#open();
  }

  /** The network has changed. */
  renew() {
    if (this.#watch) this.#open();
  }

  #open() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#opened = this.#heard = Date.now();
    this.#figures = 0;
    this.#source = openEvents(
      this.#after,
      (name, data, id) => {
        this.#heard = Date.now();
        this.#after = id;
        this.#alive = true;
        this.#tries = 0;
        if (name === 'stats') this.#figures += 1;
        this.onEvent(name, data, id);
      },
      () => this.#lost(),
    );
  }

  #lost() {
    this.#source?.close();
    this.#source = null;
    this.#alive = false;
    clearTimeout(this.#timer);
    const wait = RETRY[Math.min(this.#tries++, RETRY.length - 1)];
    this.#timer = setTimeout(() => this.#open(), wait);
    this.onLost();
  }

  #look() {
    // One that does not come about at all is no better.
    const expected = this.#figures >= 2 || !this.#alive;
    if (this.#source && expected && Date.now() - this.#heard > SILENCE) this.#lost();
  }
}
