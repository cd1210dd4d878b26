// What was said to the person in this tab of the browser, the latest last. Kept over a reload.
import { recallHere, rememberHere } from './prefs.js';

const MOST = 100;
const KEY = 'messages';

/** @typedef {{ level: 'info'|'ok'|'warn'|'error', text: string, at: string }} Message */

/** Emits `change`. */
export class Messages extends EventTarget {
  /** @type {Message[]} */
  list = recallHere(KEY, /** @type {Message[]} */ ([])).filter((one) => typeof one?.text === 'string');

  /** @param {Message['level']} level @param {string} text */
  add(level, text) {
    this.list = [...this.list, { level, text, at: new Date().toISOString() }].slice(-MOST);
    this.#changed();
  }

  clear() {
    this.list = [];
    this.#changed();
  }

  #changed() {
    rememberHere(KEY, this.list);
    this.dispatchEvent(new Event('change'));
  }
}
