// The packages of an environment: those that matter most first, and a filter.
import { el, setText, show } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {import('../api-versions.js').Package} Package */

/** As packages compare names. @param {string} name */
const normal = (name) => name.toLowerCase().replace(/[-_.]+/g, '-');

export class PackageTable {
  /** @type {{ name: string, row: HTMLElement }[]} */
  #rows = [];

  constructor() {
    this.filter = el('input', { type: 'search', class: 'search-input', placeholder: 'Filter', 'aria-label': 'Filter the packages', autocomplete: 'off', spellcheck: 'false' });
    this.count = el('span', { class: 'find-count', 'aria-live': 'polite' });
    this.title = el('h3', { text: 'Packages' });
    this.head = el('div', { class: 'sheet-head' }, this.title, el('label', { class: 'search' }, icon('search'), this.filter, this.count));
    this.body = el('tbody', {});
    this.table = el('table', { class: 'sheet-table package-table', 'aria-label': 'Packages' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col', text: 'Package' }), el('th', { scope: 'col', text: 'Version' }))), this.body);
    this.none = el('p', { class: 'hint', hidden: true, text: 'No package has such a name.' });
    this.element = el('div', {}, this.table, this.none);
    this.filter.addEventListener('input', () => this.#sift());
    this.filter.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.filter.value) return;
      this.filter.value = '';
      this.#sift();
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @param {Package[]} packages */
  render(packages) {
    this.#rows = packages.map(({ name, version, key }) => ({
      name: normal(name),
      row: el('tr', { class: key ? 'key' : '' }, el('td', { class: 'mono', text: name }), el('td', { class: 'mono', text: version })),
    }));
    this.body.replaceChildren(...this.#rows.map(({ row }) => row));
    setText(this.title, `Packages (${packages.length})`);
    this.#sift();
  }

  #sift() {
    const wanted = normal(this.filter.value.trim());
    let found = 0;
    for (const { name, row } of this.#rows) {
      const shown = name.includes(wanted);
      found += Number(shown);
      show(row, shown);
    }
    setText(this.count, wanted ? String(found) : '');
    show(this.table, found > 0);
    show(this.none, found === 0);
  }
}
