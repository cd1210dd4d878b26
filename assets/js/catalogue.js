// Blueprints and the machine's facts, asked for when needed and kept for a short while.
import { api } from './api.js';

/** @typedef {import('./types.js').Blueprint & { group: 'stock'|'custom' }} Entry */

const FRESH = 30_000;

export class Catalogue {
  /** @type {Promise<Entry[]>|null} */
  #entries = null;
  #at = 0;

  /** All blueprints, stock first. @returns {Promise<Entry[]>} */
  entries() {
    if (!this.#entries || Date.now() - this.#at > FRESH) {
      this.#at = Date.now();
      this.#entries = api.blueprints().then(({ stock, custom }) => [
        ...stock.map((one) => ({ ...one, group: /** @type {const} */ ('stock') })),
        ...custom.map((one) => ({ ...one, group: /** @type {const} */ ('custom') })),
      ]);
      this.#entries.catch(() => (this.#entries = null));
    }
    return this.#entries;
  }

  info() {
    return api.info();
  }

  freePorts() {
    return api.freePorts();
  }
}

/** What a blueprint needs, in words. @param {import('./types.js').Blueprint} blueprint @returns {string[]} */
export function needs(blueprint) {
  const gpu = { none: 'no GPU needed', optional: 'GPU optional', required: 'needs a GPU' }[blueprint.gpu ?? ''];
  return [gpu ?? '', blueprint.disk ? `${blueprint.disk} on disk` : ''].filter(Boolean);
}
