// Blueprints and the machine's facts, asked for when needed and kept for a short while.
import { api } from './api.js';

/** @typedef {import('./types.js').Blueprint & { group: 'stock'|'custom' }} Entry */

const FRESH = 30_000;

/** Emits `change` when the blueprints were read, `desktop` when it is known what persistent mode has to work with. */
export class Catalogue extends EventTarget {
  /** What was read last, by file name. @type {ReadonlyMap<string, Entry>} */
  known = new Map();
  /** @type {Promise<Entry[]>|null} */
  #entries = null;
  #at = 0;
  /** What persistent mode has to work with, as far as it was asked. @type {import('./types.js').DesktopInfo|null} */
  knownDesktop = null;
  /** @type {Promise<import('./types.js').DesktopInfo|null>|null} */
  #desktop = null;
  #desktopAt = 0;

  /** All blueprints, stock first. @returns {Promise<Entry[]>} */
  entries() {
    if (!this.#entries || Date.now() - this.#at > FRESH) {
      this.#at = Date.now();
      this.#entries = api.blueprints().then(({ stock, custom }) => [
        // One of the user's own takes the place of a stock one of the same name.
        ...stock.filter(({ filename }) => !custom.some((own) => own.filename === filename)).sort(byTitle).map((one) => ({ ...one, group: /** @type {const} */ ('stock') })),
        ...custom.sort(byTitle).map((one) => ({ ...one, group: /** @type {const} */ ('custom') })),
      ]);
      this.#entries.then(
        (all) => {
          this.known = new Map(all.map((one) => [one.filename, one]));
          this.dispatchEvent(new Event('change'));
        },
        () => (this.#entries = null),
      );
    }
    return this.#entries;
  }

  /** What is known is out of date. */
  refresh() {
    this.#entries = null;
    void this.entries().catch(() => {});
  }

  /** The two sides apart, read anew: a stock one may be hidden behind one of the user's own. */
  sides() {
    return api.blueprints();
  }

  info() {
    return api.info();
  }

  /** What persistent mode has to work with; null when that can't be said. */
  desktop() {
    if (!this.#desktop || Date.now() - this.#desktopAt > FRESH) {
      this.#desktopAt = Date.now();
      this.#desktop = api.desktop().catch(() => null);
      void this.#desktop.then((found) => {
        const news = found?.missing !== this.knownDesktop?.missing;
        this.knownDesktop = found;
        if (news) this.dispatchEvent(new Event('desktop'));
      });
    }
    return this.#desktop;
  }

  freePorts() {
    return api.freePorts();
  }
}

/** In the order people look for them; others follow by their names. */
const CATEGORIES = ['Image', 'Video', 'Training', 'Audio', 'Text', 'Tools', 'Generic', 'Demo'];

/** The categories that there are, in their order. @param {readonly import('./types.js').Blueprint[]} blueprints */
export function categoriesOf(blueprints) {
  const place = (/** @type {string} */ name) => (CATEGORIES.indexOf(name) + 1 || CATEGORIES.length + 1);
  return [...new Set(blueprints.flatMap(({ category }) => category ?? []))].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** By the names people read. @param {import('./types.js').Blueprint} a @param {import('./types.js').Blueprint} b */
export const byTitle = (a, b) => (a.name ?? a.filename).localeCompare(b.name ?? b.filename, undefined, { sensitivity: 'base', numeric: true });

/** What a blueprint needs, in words. @param {import('./types.js').Blueprint} blueprint @returns {string[]} */
export function needs(blueprint) {
  const gpu = { none: 'No GPU needed', optional: 'GPU optional', required: 'Needs a GPU' }[blueprint.gpu ?? ''];
  return [gpu ?? '', blueprint.min_vram ? `${blueprint.min_vram} VRAM` : '', blueprint.disk ? `${blueprint.disk} on disk` : ''].filter(Boolean);
}

/** Whether it is made to live in a desktop. @param {import('./types.js').Blueprint} blueprint */
export const wantsDesktop = ({ header }) => header?.persistent_mode?.toLowerCase() === 'true';

/** The same, and under which licence it is. @param {import('./types.js').Blueprint} blueprint @returns {string[]} */
export const facts = (blueprint) => [...needs(blueprint), blueprint.license ?? ''].filter(Boolean);

/** What a search looks through. @param {import('./types.js').Blueprint} blueprint */
export const textOf = ({ filename, name, category, description, license }) => [filename, name, category, description, license].filter(Boolean).join(' ').toLowerCase();

/** A home page that may be a link: nothing that runs. @param {string|null} address */
export const openable = (address) => (address && /^https?:\/\//i.test(address) ? address : null);

/** Bytes of "8 GB", "700 MB"; null when it is no amount. @param {string|null|undefined} text */
export function amount(text) {
  const [, figure, unit] = /^\s*(\d+(?:[.,]\d+)?)\s*([KMGT])i?B\s*$/i.exec(text ?? '') ?? [];
  if (!figure) return null;
  return Number(figure.replace(',', '.')) * 1024 ** ('KMGT'.indexOf(unit.toUpperCase()) + 1);
}
