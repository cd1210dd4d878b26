// What is known of one thing: how it was made, and what it is.
import { sentence } from '../api.js';
import { outputsApi } from '../api-outputs.js';
import { button, copyText, el } from '../dom.js';
import { bytes, moment } from '../format.js';
import { recipeOf } from './recipe.js';

/** @typedef {import('../api-outputs.js').Item} Item */
/** @typedef {import('../api-outputs.js').About} About */

/** Longer ones would make the page slow; the download has all of it. */
const SHOWN = 200_000;

export class Details {
  /** @type {AbortController|null} */
  #asking = null;
  /** The latest answers. @type {Map<string, About>} */
  #known = new Map();

  /** @param {number} id of the instance @param {(text: string) => void} say */
  constructor(id, say) {
    this.id = id;
    this.say = say;
    this.element = el('section', { class: 'details', tabindex: '0', 'aria-label': 'Details', hidden: true });
  }

  /** @param {Item} item @returns {Promise<About|null>} */
  async about(item) {
    const key = `${item.version} ${item.path}`;
    const known = this.#known.get(key);
    if (known) return known;
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    try {
      const about = await outputsApi.about(this.id, item.path, asking.signal);
      if (this.#known.size > 20) this.#known.clear();
      this.#known.set(key, about);
      return about;
    } catch (error) {
      if (asking.signal.aborted) return null;
      throw error;
    }
  }

  /** @param {Item} item */
  async show(item) {
    this.element.dataset.path = item.path;
    this.element.replaceChildren(...this.#facts(item, null), el('p', { class: 'muted', role: 'status', text: 'Reading…' }));
    try {
      const about = await this.about(item);
      if (!about || this.element.dataset.path !== item.path) return;
      this.element.replaceChildren(...this.#recipe(about), ...this.#facts(item, about));
    } catch (error) {
      if (this.element.dataset.path !== item.path) return;
      this.element.replaceChildren(el('p', { role: 'alert', text: sentence(error) }), ...this.#facts(item, null));
    }
    this.element.scrollTop = 0;
  }

  /** @param {Item} item @param {About|null} about */
  #facts(item, about) {
    /** @type {[string, string][]} */
    const facts = [
      ['File', item.path],
      ['Size', bytes(item.size)],
      ['Written', moment(item.modified)],
    ];
    if (about?.width) facts.push(['Pixels', `${about.width} × ${about.height}`]);
    if (about) facts.push(['Type', about.media_type]);
    return [el('h3', { text: 'File' }), table(facts), about?.note ? el('p', { class: 'hint', text: about.note }) : null].filter((one) => one !== null);
  }

  /** @param {About} about */
  #recipe(about) {
    const { prompt, negative, settings, graphs, others } = recipeOf(about.texts);
    /** @type {HTMLElement[]} */
    const parts = [];
    if (prompt) parts.push(this.#text('Prompt', prompt));
    if (negative) parts.push(this.#text('Negative prompt', negative));
    if (settings.length) parts.push(el('h3', { text: 'Settings' }), table(settings));
    for (const { key, text } of graphs) parts.push(this.#graph(key, text, about.name));
    for (const { key, text, cut } of others) parts.push(this.#text(cut ? `${key} (its beginning)` : key, text));
    if (!parts.length && about.kind === 'image') parts.push(el('p', { class: 'muted', text: 'Nothing is written in this picture about how it was made.' }));
    return parts;
  }

  /** @param {string} title @param {string} text */
  #head(title, text) {
    const copy = async () => this.say((await copyText(text)) ? `${title} copied.` : 'The browser did not let AiKore copy it.');
    const press = button('Copy', { icon: 'copy', quiet: true, class: 'small', on: { click: () => void copy() } });
    press.setAttribute('aria-label', `Copy: ${title}`);
    return el('div', { class: 'details-head' }, el('h3', { text: title }), el('span', { class: 'spring' }), press);
  }

  /** @param {string} title @param {string} text */
  #text(title, text) {
    return el('div', {}, this.#head(title, text), el('p', { class: 'details-text', text: text.slice(0, SHOWN) }));
  }

  /** @param {string} key @param {string} text @param {string} name */
  #graph(key, text, name) {
    const head = this.#head(key, text);
    const save = button('Download', { icon: 'download', quiet: true, class: 'small', on: { click: () => keep(text, `${name.replace(/\.[^.]*$/, '')}-${key}.json`) } });
    save.setAttribute('aria-label', `Download: ${key}`);
    head.append(save);
    const body = el('pre', { class: 'details-json', tabindex: '0', 'aria-label': key, text: text.slice(0, SHOWN) });
    return el('div', {}, head, el('details', {}, el('summary', { text: `JSON, ${bytes(text.length)}` }), body));
  }
}

/** @param {[string, string][]} rows */
const table = (rows) => el('dl', { class: 'details-list' }, ...rows.flatMap(([name, value]) => [el('dt', { text: name }), el('dd', { text: value })]));

/** Saves a text as a file. @param {string} text @param {string} name */
function keep(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
