// How large each pane is shown, in percent. Remembered; no DOM.
import { recallJson, rememberJson } from './prefs.js';

export const LEAST = 50;
export const MOST = 200;
export const STEP = 10;
const KEY = 'zoom';

/** Emits `zoom` (detail: the key) when one has changed. */
class Zooms extends EventTarget {
  /** @type {Record<string, number>} */
  #all = Object.fromEntries(Object.entries(recallJson(KEY, /** @type {Record<string, unknown>} */ ({}))).flatMap(([key, value]) => (typeof value === 'number' && value >= LEAST && value <= MOST ? [[key, value]] : [])));

  /** @param {string} key */
  get(key) {
    return this.#all[key] ?? 100;
  }

  /** @param {string} key @param {number} percent */
  set(key, percent) {
    const next = Math.min(MOST, Math.max(LEAST, Math.round(percent / STEP) * STEP));
    if (next === this.get(key)) return;
    if (next === 100) delete this.#all[key];
    else this.#all[key] = next;
    rememberJson(KEY, this.#all);
    this.dispatchEvent(new CustomEvent('zoom', { detail: key }));
  }

  /** All back to 100 %. */
  reset() {
    for (const key of Object.keys(this.#all)) this.set(key, 100);
  }
}

/** The panes are `list` and `monitor`; each tool has a size of its own, `tool.<id>`. */
export const zooms = new Zooms();
