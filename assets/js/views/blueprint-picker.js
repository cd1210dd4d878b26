// Blueprints to choose from: search and categories above a list that is walked with the arrow keys.
import { categoriesOf } from '../catalogue.js';
import { blueprintTitle } from '../format.js';
import { el, setAttr, show, uid } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {import('../catalogue.js').Entry} Entry */

const GROUPS = { stock: 'Comes with AiKore', custom: 'Your own' };

/** Emits `pick` (detail: the entry, or null) and `take` when one is chosen for good (Enter). */
export class BlueprintPicker extends EventTarget {
  /** @type {Entry|null} */
  chosen = null;
  #category = '';
  /** @type {{ entry: Entry, option: HTMLElement, text: string, group: HTMLElement }[]} */
  #options = [];
  #typed = '';
  #typedAt = 0;

  /** @param {Entry[]} entries */
  constructor(entries) {
    super();
    const listId = uid('blueprints');
    this.search = el('input', {
      type: 'search',
      class: 'search-input',
      placeholder: 'Search blueprints',
      role: 'combobox',
      'aria-label': 'Blueprint',
      'aria-expanded': 'true',
      'aria-controls': listId,
      'aria-autocomplete': 'list',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.list = el('div', { class: 'options', role: 'listbox', id: listId, 'aria-label': 'Blueprints', tabindex: '-1' });
    this.none = el('p', { class: 'nothing', hidden: true, text: 'No blueprint fits.' });
    this.filters = this.#categories(entries);
    for (const group of /** @type {const} */ (['stock', 'custom'])) this.#group(GROUPS[group], entries.filter((entry) => entry.group === group));
    this.element = el('div', { class: 'picker' }, el('label', { class: 'search' }, icon('search'), this.search), this.filters, el('div', { class: 'options-box' }, this.list, this.none));
    this.search.addEventListener('input', () => this.#filter(true));
    this.element.addEventListener('keydown', (event) => this.#keys(event));
    this.#filter(false);
  }

  /** @param {Entry[]} entries */
  #categories(entries) {
    const names = categoriesOf(entries);
    const name = uid('category');
    const chips = ['', ...names].map((category) => {
      const input = el('input', { type: 'radio', name, class: 'unseen', value: category });
      input.checked = category === '';
      input.addEventListener('change', () => {
        this.#category = category;
        this.#filter(false);
      });
      return el('label', { class: 'filter' }, input, el('span', { text: category || 'All' }));
    });
    return el('div', { class: 'filters', role: 'radiogroup', 'aria-label': 'Category', hidden: names.length < 2 }, ...chips);
  }

  /** @param {string} label @param {Entry[]} entries */
  #group(label, entries) {
    if (!entries.length) return;
    const id = uid('group');
    const group = el('div', { role: 'group', 'aria-labelledby': id }, el('p', { class: 'option-group', id, text: label }));
    for (const entry of entries) {
      const gpu = entry.gpu === 'required' ? 'GPU' : '';
      const option = el(
        'div',
        { class: 'option', role: 'option', id: uid('option'), 'aria-selected': 'false' },
        el('span', { class: 'option-name', text: blueprintTitle(entry) }),
        el('span', { class: 'option-side', text: [entry.category, gpu].filter(Boolean).join(' · ') }),
        el('span', { class: 'option-text', text: entry.description ?? entry.filename }),
      );
      // The focus stays in the search field.
      option.addEventListener('pointerdown', (event) => event.preventDefault());
      option.addEventListener('click', () => this.choose(entry));
      option.addEventListener('dblclick', () => this.dispatchEvent(new Event('take')));
      const text = [entry.filename, entry.name, entry.category, entry.description].filter(Boolean).join(' ').toLowerCase();
      this.#options.push({ entry, option, text, group });
      group.append(option);
    }
    this.list.append(group);
  }

  /** @param {boolean} jump choose the first that fits when the chosen one does not */
  #filter(jump) {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { option, text, entry } of this.#options) {
      show(option, words.every((word) => text.includes(word)) && (!this.#category || entry.category === this.#category));
    }
    for (const group of /** @type {Iterable<HTMLElement>} */ (this.list.children)) show(group, [...group.querySelectorAll('[role=option]')].some((one) => !(/** @type {HTMLElement} */ (one).hidden)));
    const fitting = this.#fitting();
    show(this.none, fitting.length === 0);
    if (jump && words.length && !fitting.some(({ entry }) => entry === this.chosen)) this.choose(fitting[0]?.entry ?? null);
  }

  #fitting() {
    return this.#options.filter(({ option }) => !option.hidden);
  }

  /** @param {Entry|null} entry */
  choose(entry) {
    if (this.chosen === entry) return;
    this.chosen = entry;
    setAttr(this.search, 'aria-activedescendant', null);
    for (const { option, entry: one } of this.#options) {
      setAttr(option, 'aria-selected', String(one === entry));
      if (one !== entry) continue;
      setAttr(this.search, 'aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    }
    this.dispatchEvent(new CustomEvent('pick', { detail: entry }));
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    if (event.target instanceof HTMLInputElement && event.target.type === 'radio') return;
    const fitting = this.#fitting();
    const at = fitting.findIndex(({ entry }) => entry === this.chosen);
    const page = 6;
    const to = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), PageDown: at + page, PageUp: at - page }[event.key];
    if (to !== undefined) this.choose(fitting[Math.max(0, Math.min(fitting.length - 1, to))]?.entry ?? null);
    else if (event.key === 'Enter') {
      if (!this.chosen) this.choose(fitting[0]?.entry ?? null);
      if (this.chosen) this.dispatchEvent(new Event('take'));
    } else if (event.key === 'Escape' && this.search.value) {
      this.search.value = '';
      this.#filter(false);
    } else if (event.target === this.list && event.key.length === 1 && !event.ctrlKey && !event.metaKey) this.#typeAhead(event);
    else return;
    event.preventDefault();
  }

  /** Letters typed on the list itself jump to the name that begins with them. @param {KeyboardEvent} event */
  #typeAhead(event) {
    this.#typed = (event.timeStamp - this.#typedAt < 800 ? this.#typed : '') + event.key.toLowerCase();
    this.#typedAt = event.timeStamp;
    const hit = this.#fitting().find(({ entry }) => blueprintTitle(entry).toLowerCase().startsWith(this.#typed));
    if (hit) this.choose(hit.entry);
  }
}
