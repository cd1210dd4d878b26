// The catalogue: blueprints as cards below their categories, searched by words and narrowed, walked with the arrow keys.
import { byTitle, categoriesOf, facts, openable, textOf } from '../catalogue.js';
import { el, setText, show, uid } from '../dom.js';
import { blueprintTitle } from '../format.js';
import { canDraw } from '../emoji.js';
import { icon } from '../icons.js';

/** @typedef {import('../catalogue.js').Entry} Entry */
/** @typedef {{ entry: Entry, element: HTMLElement, open: HTMLButtonElement, text: string }} Card */

/** What has no category stands last. */
const OTHER = 'Other';

/** The filter for the user's own ones, beside the categories of the headers. */
const OWN = '\u0000own';

/** Emits `pick` (detail: the entry). */
export class CatalogueView extends EventTarget {
  #category = '';
  /** In the order in which they stand. @type {Card[]} */
  #cards = [];
  /** @type {{ element: HTMLElement, cards: Card[] }[]} */
  #sections;

  /** @param {Entry[]} entries */
  constructor(entries) {
    super();
    const names = categoriesOf(entries);
    const list = el('div', { class: 'catalogue-list', id: uid('catalogue'), role: 'group', 'aria-label': 'Blueprints' });
    this.#sections = [...names, null].flatMap((name) => this.#section(name, entries));
    list.append(...this.#sections.map(({ element }) => element));
    this.search = el('input', { type: 'search', class: 'search-input', placeholder: 'Search blueprints', 'aria-label': 'Search blueprints', 'aria-controls': list.id, autocomplete: 'off', spellcheck: 'false' });
    this.none = el('p', { class: 'nothing', hidden: true });
    this.count = el('p', { class: 'unseen', role: 'status' });
    this.element = el(
      'div',
      { class: 'catalogue-view' },
      el('div', { class: 'catalogue-head' }, el('label', { class: 'search' }, icon('search'), this.search), this.#filters(names, entries)),
      el('div', { class: 'catalogue-box' }, list, this.none, this.count),
    );
    this.search.addEventListener('input', () => this.#filter());
    this.element.addEventListener('keydown', (event) => this.#keys(event));
  }

  /** @param {string|null} name @param {Entry[]} entries */
  #section(name, entries) {
    const cards = entries.filter(({ category }) => (category || null) === name).sort(byTitle).map((entry) => this.#card(entry));
    if (!cards.length) return [];
    this.#cards.push(...cards);
    const id = uid('category');
    const list = el('ul', { class: 'catalogue', 'aria-labelledby': id }, ...cards.map(({ element }) => element));
    return [{ cards, element: el('section', { class: 'catalogue-part' }, el('h3', { id, text: name ?? OTHER }), list) }];
  }

  /** @param {string[]} names @param {Entry[]} entries */
  #filters(names, entries) {
    const own = entries.filter(({ group }) => group === 'custom').length;
    const all = [
      { value: '', text: 'All', count: entries.length },
      ...names.map((text) => ({ value: text, text, count: entries.filter(({ category }) => category === text).length })),
      ...(own ? [{ value: OWN, text: 'Your own', count: own }] : []),
    ];
    const name = uid('category');
    const chips = all.map(({ value, text, count }) => {
      const input = el('input', { type: 'radio', name, class: 'unseen', value });
      input.checked = value === '';
      input.addEventListener('change', () => {
        this.#category = value;
        this.#filter();
      });
      return el('label', { class: 'filter' }, input, el('span', { text }), el('span', { class: 'filter-count', 'aria-hidden': 'true', text: String(count) }));
    });
    return el('div', { class: 'filters', role: 'radiogroup', 'aria-label': 'Category', hidden: all.length < 3 }, ...chips);
  }

  /** @param {Entry} entry @returns {Card} */
  #card(entry) {
    const title = blueprintTitle(entry);
    const open = el('button', { type: 'button', class: 'blueprint-open', text: title, on: { click: () => this.#pick(entry) } });
    const home = openable(entry.homepage);
    const list = facts(entry).map((fact) => el('li', { text: fact }));
    const faults = entry.param_faults ?? [];
    if (faults.length) list.push(el('li', { class: 'blueprint-faults', title: faults.join('\n'), text: 'Mistakes in its header' }));
    const element = el(
      'li',
      { class: 'blueprint' },
      picture(entry),
      el('div', { class: 'blueprint-name' }, el('h4', {}, open), entry.group === 'custom' ? el('span', { class: 'badge', text: 'Your own' }) : null),
      el('p', { class: 'blueprint-text', text: entry.description ?? entry.filename }),
      el('ul', { class: 'blueprint-facts' }, ...list),
      home ? el('a', { class: 'icon-button blueprint-home', href: home, target: '_blank', rel: 'noopener noreferrer', 'aria-label': `Home page of ${title}`, title: home }, icon('open')) : null,
    );
    return { entry, element, open, text: textOf(entry) };
  }

  #filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { element, text, entry } of this.#cards) {
      const inside = !this.#category || (this.#category === OWN ? entry.group === 'custom' : entry.category === this.#category);
      show(element, inside && words.every((word) => text.includes(word)));
    }
    for (const { element, cards } of this.#sections) show(element, cards.some((card) => !card.element.hidden));
    const { length } = this.#fitting();
    show(this.none, length === 0);
    const where = this.#category ? ` of ${this.#category === OWN ? 'your own' : this.#category}` : '';
    setText(this.none, words.length ? `No blueprint${where} has “${this.search.value.trim()}” in its name or description.` : 'No blueprint here.');
    setText(this.count, `${length} ${length === 1 ? 'blueprint' : 'blueprints'}`);
  }

  #fitting() {
    return this.#cards.filter(({ element }) => !element.hidden);
  }

  /** @param {Entry} entry */
  #pick(entry) {
    this.dispatchEvent(new CustomEvent('pick', { detail: entry }));
  }

  /** The focus goes back to where it was left. @param {Entry|null} entry */
  focus(entry) {
    const card = entry && this.#fitting().find((one) => one.entry === entry);
    (card?.open ?? this.search).focus();
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    const { key, target } = event;
    const fitting = this.#fitting();
    if (target === this.search) {
      if (key === 'Enter' && fitting[0]) this.#pick(fitting[0].entry);
      else if (key === 'ArrowDown') fitting[0]?.open.focus();
      else if (key === 'Escape' && this.search.value) {
        this.search.value = '';
        this.#filter();
      } else if (key !== 'Enter') return;
      event.preventDefault();
      return;
    }
    const at = fitting.findIndex(({ open }) => open === target);
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: above(fitting, at, 1), ArrowUp: above(fitting, at, -1), Home: 0, End: fitting.length - 1 }[key];
    if (to !== undefined) {
      event.preventDefault();
      if (to < 0) this.search.focus();
      else fitting[Math.min(to, fitting.length - 1)].open.focus();
    } else if (key.length === 1 && key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // Letters go on with the search.
      this.search.focus();
    }
  }
}

/** The card below or above one, across the headings; -1: there is none above. @param {Card[]} cards @param {number} at @param {1|-1} step */
function above(cards, at, step) {
  const { offsetTop: top, offsetLeft: left } = cards[at].element;
  const beyond = cards.filter(({ element }) => (element.offsetTop - top) * step > 0);
  if (!beyond.length) return step > 0 ? cards.length - 1 : -1;
  const row = beyond.reduce((nearest, { element }) => (Math.abs(element.offsetTop - top) < Math.abs(nearest - top) ? element.offsetTop : nearest), Infinity);
  const inRow = beyond.filter(({ element }) => element.offsetTop === row);
  const next = inRow.reduce((best, card) => (Math.abs(card.element.offsetLeft - left) < Math.abs(best.element.offsetLeft - left) ? card : best));
  return cards.indexOf(next);
}

/** A blueprint's picture: its emoji, or the first letter of its name. @param {Entry} entry */
export function picture(entry) {
  const emoji = entry.icon?.trim();
  const own = emoji && canDraw(emoji) ? emoji : null;
  const text = own || [...blueprintTitle(entry)][0]?.toUpperCase() || '?';
  return el('span', { class: own ? 'blueprint-icon' : 'blueprint-icon letter', 'aria-hidden': 'true', text });
}

/** @param {string} address @param {string} title */
export function homeLink(address, title) {
  return el('a', { class: 'home-link', href: address, target: '_blank', rel: 'noopener noreferrer', 'aria-label': `Home page of ${title}` }, 'Home page', icon('open'));
}
