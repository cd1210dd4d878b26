// What a deletion does to each thing on the disk, and how big that is.
import { el, setAttr, setText } from '../dom.js';
import { bytes } from '../format.js';

/** @typedef {import('../api.js').Sizes} Sizes */
/** @typedef {'trash'|'removed'|'stays'} Fate */

/** @type {Record<Fate, string>} */
const WORDS = { trash: 'to the trash', removed: 'is removed', stays: 'stays' };

/** @param {number|null|undefined} size */
const words = (size) => (typeof size === 'number' ? bytes(size) : 'size unknown');

export class FateTable {
  /** @type {{ fate: (how: { forGood: boolean, outputs: boolean }) => Fate, cell: HTMLElement }[]} */
  #rows = [];
  /** @type {{ cell: HTMLElement, of: (sizes: Sizes|null) => string }[]} */
  #sizes = [];

  /** @param {import('../types.js').Instance} data @param {string|null} parent the name of its parent */
  constructor(data, parent) {
    const body = el('tbody');
    this.element = el('table', { class: 'fate', 'aria-label': 'What happens to its files', 'aria-live': 'polite' }, body);
    /** @param {string} what @param {string} note @param {(how: { forGood: boolean, outputs: boolean }) => Fate} fate @param {((sizes: Sizes|null) => string)} [of] */
    const row = (what, note, fate, of) => {
      const size = el('td', { class: 'fate-size', text: of ? '…' : '' });
      const cell = el('td', { class: 'fate-word' });
      body.append(el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'mono', text: what }), note ? el('span', { class: 'hint', text: note }) : null), size, cell));
      this.#rows.push({ fate, cell });
      if (of) this.#sizes.push({ cell: size, of });
    };
    /** @param {{ forGood: boolean }} how @returns {Fate} */
    const goes = ({ forGood }) => (forGood ? 'removed' : 'trash');
    const home = `instances/${data.name}/`;
    if (parent) {
      row(home, 'Its log.', goes, (sizes) => words(sizes?.log));
      row(`instances/${parent}/`, `The app belongs to ${parent}.`, () => 'stays');
    } else {
      row(home, 'The app, its settings and its log.', goes, (sizes) => `${words(sizes?.folder)}${sizes?.environment ? `, ${bytes(sizes.environment)} of it environment` : ''}`);
    }
    row(`outputs/${data.output_path || data.name}/`, '', (how) => (how.outputs ? goes(how) : 'stays'), (sizes) => words(sizes?.outputs));
    row('models/', 'Shared by all.', () => 'stays');
  }

  /** @param {Sizes|null} sizes */
  setSizes(sizes) {
    for (const { cell, of } of this.#sizes) setText(cell, of(sizes));
  }

  /** @param {{ forGood: boolean, outputs: boolean }} how */
  render(how) {
    for (const { fate, cell } of this.#rows) {
      const now = fate(how);
      setText(cell, WORDS[now]);
      setAttr(cell, 'data-fate', now);
    }
  }
}
