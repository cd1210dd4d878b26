// What lies in a folder, as rows: only those in sight are there, so that ten thousand are as quick as ten.
import { el, iconButton, isPhone, setAttr, setText, uid } from '../dom.js';
import { Choice } from '../files/choice.js';
import { arranged, matching, whyNot } from '../files/listing.js';
import { bytes, moment } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { recallJson, rememberJson } from '../prefs.js';
import { gridKeys } from './files-keys.js';
import { renameIn } from './files-rename.js';

/** @typedef {import('../api-files.js').Entry} Entry */
/** @typedef {import('../files/listing.js').Column} Column */
/** @typedef {{ open: (entry: Entry) => void, menu: (entry: Entry, anchor: HTMLElement) => void, rename: (entry: Entry, name: string) => Promise<void>, remove: () => void, up: () => void }} Deeds */

/** Rows above and below what is in sight. */
const MORE = 12;
const ORDER = 'files.order';
const ICONS = { folder: 'folder', file: 'file', link: 'link', other: 'file' };

/** @type {readonly [Column, string][]} */
const COLUMNS = [['name', 'Name'], ['size', 'Size'], ['modified', 'Changed']];

export class FilesGrid {
  /** @type {readonly Entry[]} */
  #entries = [];
  /** In their order. @type {Entry[]} */
  shown = [];
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  #wanted = '';
  #height = 36;
  #frame = 0;
  /** @type {import('../files/listing.js').Order} */
  #order = recallJson(ORDER, { by: 'name', down: false });
  choice = new Choice();
  /** The name that is being typed anew. @type {{ name: string, close: () => void }|null} */
  editing = null;

  /** @param {string} label @param {Deeds} deeds */
  constructor(label, deeds) {
    this.deeds = deeds;
    this.id = uid('files');
    this.all = el('input', { type: 'checkbox', class: 'pick', tabindex: '-1', 'aria-label': 'Choose all', on: { change: () => (this.all.checked ? this.choice.all() : this.choice.none()) } });
    this.heads = COLUMNS.map(([by, text]) => {
      const arrow = icon('chevron');
      const cell = el('div', { role: 'columnheader', class: `f-${by}` }, el('button', { type: 'button', class: 'file-sort', tabindex: '-1', on: { click: () => this.#sort(by) } }, text, arrow));
      return { by, cell };
    });
    const head = el('div', { role: 'row', class: 'file-row file-head' }, el('div', { role: 'columnheader', class: 'f-pick' }, this.all), ...this.heads.map(({ cell }) => cell), el('div', { role: 'columnheader', class: 'f-more' }, el('span', { class: 'unseen', text: 'Actions' })));
    this.body = el('div', { role: 'rowgroup', class: 'file-rows' });
    this.element = el('div', { class: 'file-grid', role: 'grid', tabindex: '0', 'aria-label': label, 'aria-multiselectable': 'true' }, el('div', { role: 'rowgroup', class: 'file-heads' }, head), this.body);
    this.element.addEventListener('scroll', () => this.#soon(), { passive: true });
    this.element.addEventListener('keydown', (event) => gridKeys(event, this));
    this.body.addEventListener('click', (event) => this.#clicked(event));
    this.body.addEventListener('dblclick', (event) => this.#opened(event));
    this.body.addEventListener('contextmenu', (event) => this.#asked(event));
    this.choice.addEventListener('change', () => this.#chosen());
    this.resized = new ResizeObserver(() => this.#soon());
    this.resized.observe(this.element);
    this.#heads();
  }

  close() {
    this.resized.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** @param {readonly Entry[]} entries @param {string} wanted only what has this in its name */
  put(entries, wanted) {
    this.#entries = entries;
    this.#wanted = wanted;
    this.#arrange();
  }

  /** @param {string} name */
  entry(name) {
    return this.shown.find((one) => one.name === name) ?? null;
  }

  get active() {
    return this.choice.active === null ? null : this.entry(this.choice.active);
  }

  /** How many rows are in sight. */
  get page() {
    return Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 2);
  }

  /** Brings one into sight. @param {string} name */
  reveal(name) {
    const at = this.shown.findIndex((one) => one.name === name);
    if (at < 0) return;
    const { element, body } = this;
    const top = body.offsetTop + at * this.#height;
    const head = body.offsetTop;
    if (top - head < element.scrollTop) element.scrollTop = top - head;
    else if (top + this.#height > element.scrollTop + element.clientHeight) element.scrollTop = top + this.#height - element.clientHeight;
    this.render();
  }

  /** Types a name anew, in its place. @param {Entry} entry */
  edit(entry) {
    this.reveal(entry.name);
    const row = this.#rows.get(entry.name);
    if (row) renameIn(this, row, entry);
  }

  #arrange() {
    this.shown = arranged(matching(this.#entries, this.#wanted), this.#order);
    setAttr(this.element, 'aria-rowcount', String(this.shown.length + 1));
    this.choice.offer(this.shown.map(({ name }) => name));
    this.render();
  }

  /** @param {Column} by */
  #sort(by) {
    this.#order = { by, down: this.#order.by === by ? !this.#order.down : by !== 'name' };
    rememberJson(ORDER, this.#order);
    this.#heads();
    this.#arrange();
  }

  #heads() {
    for (const { by, cell } of this.heads) setAttr(cell, 'aria-sort', this.#order.by !== by ? 'none' : this.#order.down ? 'descending' : 'ascending');
  }

  #soon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.render());
  }

  /** Makes the rows in sight and takes the others away. */
  render() {
    const { element, body, shown } = this;
    const first = Math.max(0, Math.floor(element.scrollTop / this.#height) - MORE);
    const last = Math.min(shown.length, Math.ceil((element.scrollTop + element.clientHeight) / this.#height) + MORE);
    const wanted = new Map(shown.slice(first, last).map((entry, index) => [entry.name, { entry, at: first + index }]));
    for (const [name, row] of this.#rows) {
      if (wanted.has(name) || this.editing?.name === name) continue;
      row.remove();
      this.#rows.delete(name);
    }
    for (const [name, { entry, at }] of wanted) {
      let row = this.#rows.get(name);
      if (!row) {
        row = this.#row(name);
        this.#rows.set(name, row);
        body.append(row);
      }
      this.#fill(row, entry, at);
    }
    const height = body.querySelector('.file-row')?.clientHeight;
    if (height && height !== this.#height) {
      this.#height = height;
      this.render();
      return;
    }
    body.style.height = `${shown.length * this.#height}px`;
    this.#chosen();
  }

  /** @param {string} name */
  #row(name) {
    return el(
      'div',
      { role: 'row', class: 'file-row', id: uid(this.id), data: { name } },
      el('div', { role: 'gridcell', class: 'f-pick' }, el('input', { type: 'checkbox', class: 'pick', tabindex: '-1', 'aria-label': `Choose ${name}` })),
      el('div', { role: 'gridcell', class: 'f-name' }, icon('file'), el('button', { type: 'button', class: 'file-name ellipsis', tabindex: '-1', text: name, title: name }), el('span', { class: 'file-facts' })),
      el('div', { role: 'gridcell', class: 'f-size' }),
      el('div', { role: 'gridcell', class: 'f-modified' }),
      el('div', { role: 'gridcell', class: 'f-more' }, iconButton('more', `More about ${name}`, () => {}, 'file-more')),
    );
  }

  /** @param {HTMLElement} row @param {Entry} entry @param {number} at */
  #fill(row, entry, at) {
    const { kind, size, modified, link } = entry;
    row.style.top = `${at * this.#height}px`;
    setAttr(row, 'aria-rowindex', String(at + 2));
    row.dataset.kind = kind;
    const picture = row.querySelector('.f-name > .icon');
    if (picture instanceof SVGSVGElement) setIcon(picture, ICONS[kind]);
    const may = whyNot(entry);
    const changed = modified ? moment(modified) : '';
    const length = kind === 'file' ? bytes(size) : '';
    const facts = may !== true ? may : link ? 'A link' : '';
    const small = isPhone() ? [length, changed, facts].filter(Boolean).join(' · ') : facts;
    const [name, fact, sized, when] = /** @type {HTMLElement[]} */ ([...row.querySelectorAll('.file-name, .file-facts, .f-size, .f-modified')]);
    if (name && this.editing?.name !== entry.name) setAttr(name, 'aria-disabled', may === true ? null : 'true');
    if (fact) setText(fact, small);
    setText(sized, length);
    setText(when, changed);
  }

  /** What is chosen, and where the keyboard is. */
  #chosen() {
    const { choice } = this;
    for (const [name, row] of this.#rows) {
      const chosen = choice.has(name);
      setAttr(row, 'aria-selected', String(chosen));
      row.classList.toggle('at', choice.active === name);
      const box = row.querySelector('input.pick');
      if (box instanceof HTMLInputElement) box.checked = chosen;
    }
    const active = choice.active === null ? null : (this.#rows.get(choice.active)?.id ?? null);
    setAttr(this.element, 'aria-activedescendant', active);
    this.all.checked = choice.size > 0 && choice.size === this.shown.length;
    this.all.indeterminate = choice.size > 0 && choice.size < this.shown.length;
  }

  /** @param {Event} event */
  #entryOf(event) {
    const row = event.target instanceof Element ? event.target.closest('.file-row') : null;
    return row instanceof HTMLElement ? this.entry(row.dataset.name ?? '') : null;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const entry = this.#entryOf(event);
    if (!entry || !(event.target instanceof Element) || this.editing) return;
    const { choice } = this;
    const more = event.target.closest('.file-more');
    if (more instanceof HTMLElement) {
      if (!choice.has(entry.name)) choice.only(entry.name);
      this.deeds.menu(entry, more);
    } else if (event.shiftKey) choice.reach(entry.name);
    else if (event.ctrlKey || event.metaKey || event.target.closest('.f-pick')) choice.toggle(entry.name);
    else if (event.target.closest('.file-name')) this.deeds.open(entry);
    else choice.only(entry.name);
    if (!more && !this.editing) this.element.focus({ preventScroll: true });
  }

  /** @param {MouseEvent} event */
  #opened(event) {
    const entry = this.#entryOf(event);
    if (entry && event.target instanceof Element && !event.target.closest('button, input')) this.deeds.open(entry);
  }

  /** @param {MouseEvent} event */
  #asked(event) {
    const entry = this.#entryOf(event);
    const more = entry ? this.#rows.get(entry.name)?.querySelector('.file-more') : null;
    if (!entry || !(more instanceof HTMLElement) || this.editing) return;
    event.preventDefault();
    if (!this.choice.has(entry.name)) this.choice.only(entry.name);
    this.deeds.menu(entry, more);
  }
}
