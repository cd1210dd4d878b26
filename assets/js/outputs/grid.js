// The gallery: tiles under the day they were made, by mouse and by keyboard.
import { el } from '../dom.js';
import { keyOf } from './model.js';
import { Loader, Tile } from './tile.js';

/** @typedef {import('../api-outputs.js').Item} Item */

/** @param {Date} date */
const dayOf = (date) => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;

/** @param {string} at */
function dayWord(at) {
  const date = new Date(at);
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (dayOf(date) === dayOf(today)) return 'Today';
  if (dayOf(date) === dayOf(yesterday)) return 'Yesterday';
  return date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: date.getFullYear() === today.getFullYear() ? undefined : 'numeric' });
}

/** @typedef {{ open: (item: Item) => void, discard: (items: Item[]) => void, download: (items: Item[]) => void }} Doing */

export class Grid {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  /** @type {Map<string, { box: HTMLElement, list: HTMLElement, head: HTMLElement }>} */
  #days = new Map();
  /** The one the keyboard is at, by its path. @type {string|null} */
  #current = null;
  /** Where a range begins. @type {string|null} */
  #anchor = null;

  /** @param {import('./model.js').OutputsModel} model @param {string} label @param {HTMLElement} scroller @param {Doing} doing */
  constructor(model, label, scroller, doing) {
    this.model = model;
    this.doing = doing;
    this.element = el('div', { class: 'gallery', role: 'listbox', 'aria-multiselectable': 'true', 'aria-label': label });
    this.loader = new Loader(scroller);
    this.element.addEventListener('click', (event) => this.#clicked(event));
    this.element.addEventListener('dblclick', (event) => event.preventDefault());
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusin', (event) => this.#setCurrent(this.#itemAt(event.target)?.path ?? null));
  }

  close() {
    this.loader.close();
  }

  /** @param {EventTarget|null} target */
  #itemAt(target) {
    const path = target instanceof Element ? /** @type {HTMLElement|null} */ (target.closest('.tile'))?.dataset.path : undefined;
    return path === undefined ? undefined : this.model.items.find((item) => item.path === path);
  }

  /** @param {string|null} path */
  #tileOf(path) {
    const item = this.model.items.find((one) => one.path === path);
    return item && this.#tiles.get(keyOf(item));
  }

  /** Shows the list as it is now; what stays is left alone. */
  render() {
    const { items, id } = this.model;
    const focused = this.element.contains(document.activeElement);
    const at = this.#current === null ? -1 : [...this.element.querySelectorAll('.tile')].findIndex((one) => /** @type {HTMLElement} */ (one).dataset.path === this.#current);
    /** @type {Map<string, HTMLElement[]>} */
    const byDay = new Map();
    const kept = new Map();
    for (const item of items) {
      const key = keyOf(item);
      const tile = this.#tiles.get(key) ?? this.#add(id, item);
      kept.set(key, tile);
      const day = dayOf(new Date(item.modified));
      const list = byDay.get(day);
      if (list) list.push(tile.element);
      else byDay.set(day, [tile.element]);
    }
    for (const [key, tile] of this.#tiles) if (!kept.has(key)) this.#remove(tile);
    this.#tiles = kept;
    for (const [day, { box }] of this.#days) {
      if (byDay.has(day)) continue;
      box.remove();
      this.#days.delete(day);
    }
    let place = 0;
    for (const [day, elements] of byDay) {
      const { box, list } = this.#dayBox(day, /** @type {Item} */ (items.find((item) => dayOf(new Date(item.modified)) === day)));
      if (this.element.children[place] !== box) this.element.insertBefore(box, this.element.children[place] ?? null);
      place += 1;
      elements.forEach((one, n) => list.children[n] !== one && list.insertBefore(one, list.children[n] ?? null));
    }
    this.renderTicks();
    // What had the focus is gone: the one in its place has it.
    if (!this.#tileOf(this.#current)) this.#setCurrent(items[Math.min(Math.max(at, 0), items.length - 1)]?.path ?? null);
    if (focused && !this.element.contains(document.activeElement)) this.focus();
  }

  /** @param {number} id @param {Item} item */
  #add(id, item) {
    const tile = new Tile(id, item);
    this.loader.add(tile);
    return tile;
  }

  /** @param {Tile} tile */
  #remove(tile) {
    this.loader.remove(tile);
    tile.element.remove();
  }

  /** @param {string} day @param {Item} item */
  #dayBox(day, item) {
    const there = this.#days.get(day);
    const word = dayWord(item.modified);
    if (there) {
      if (there.head.textContent !== word) there.head.textContent = word;
      return there;
    }
    const head = el('div', { class: 'day-head', 'aria-hidden': 'true', text: word });
    const list = el('div', { class: 'tiles', role: 'presentation' });
    const made = { box: el('div', { class: 'day', role: 'group', 'aria-label': word }, head, list), list, head };
    this.#days.set(day, made);
    return made;
  }

  renderTicks() {
    this.element.classList.toggle('picking', this.model.ticked.size > 0);
    for (const tile of this.#tiles.values()) tile.setTicked(this.model.ticked.has(tile.item.path));
  }

  /** @param {string|null} path */
  #setCurrent(path) {
    const before = this.#tileOf(this.#current);
    if (before) before.element.tabIndex = -1;
    this.#current = path;
    const now = this.#tileOf(path);
    if (now) now.element.tabIndex = 0;
  }

  focus() {
    this.#tileOf(this.#current)?.element.focus({ preventScroll: true });
  }

  /** @param {string} path */
  focusOn(path) {
    this.#setCurrent(path);
    const tile = this.#tileOf(path);
    tile?.element.scrollIntoView({ block: 'nearest' });
    tile?.element.focus({ preventScroll: true });
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const item = this.#itemAt(event.target);
    if (!item) return;
    const onTick = event.target instanceof Element && event.target.closest('.tile-tick');
    if (event.shiftKey) this.#range(item);
    else if (onTick || event.ctrlKey || event.metaKey || this.model.ticked.size) this.#toggle(item);
    else this.doing.open(item);
  }

  /** @param {Item} item */
  #toggle(item) {
    this.#anchor = item.path;
    this.model.tick([item], !this.model.ticked.has(item.path));
  }

  /** Everything from the anchor on. @param {Item} item */
  #range(item) {
    const { items } = this.model;
    const from = items.findIndex(({ path }) => path === (this.#anchor ?? this.#current));
    const to = items.indexOf(item);
    this.#anchor = items[Math.max(from, 0)]?.path ?? null;
    this.model.tick(items.slice(Math.min(Math.max(from, 0), to), Math.max(from, to) + 1), true);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const item = this.model.items.find(({ path }) => path === this.#current);
    if (!item || event.altKey) return;
    const done = event.ctrlKey || event.metaKey ? this.#withCtrl(event) : this.#plain(event, item);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  #withCtrl(event) {
    if (event.key.toLowerCase() !== 'a') return false;
    this.model.tick(this.model.items, true);
    return true;
  }

  /** @param {KeyboardEvent} event @param {Item} item */
  #plain(event, item) {
    const { ticked } = this.model;
    const meant = () => (ticked.has(item.path) || ticked.size ? [...ticked.values()] : [item]);
    switch (event.key) {
      case 'Enter':
        this.doing.open(item);
        return true;
      case ' ':
        this.#toggle(item);
        return true;
      case 'Escape':
        if (!ticked.size) return false;
        this.model.clearTicks();
        return true;
      case 'Delete':
        this.doing.discard(meant());
        return true;
      case 'd':
        this.doing.download(meant());
        return true;
      default:
        return this.#move(event, item);
    }
  }

  /** By where things are on the screen. @param {KeyboardEvent} event @param {Item} item */
  #move(event, item) {
    const { items } = this.model;
    const at = items.indexOf(item);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1 }[event.key] ?? this.#vertical(event.key, at);
    if (to === null) return false;
    const next = items[Math.min(items.length - 1, Math.max(0, to))];
    if (event.shiftKey && next !== item) {
      this.#anchor ??= item.path;
      this.#range(next);
    }
    this.focusOn(next.path);
    return true;
  }

  /** The nearest one in the next row. @param {string} key @param {number} at @returns {number|null} */
  #vertical(key, at) {
    if (key !== 'ArrowDown' && key !== 'ArrowUp') return null;
    const step = key === 'ArrowDown' ? 1 : -1;
    const { items } = this.model;
    const box = (/** @type {number} */ n) => this.#tiles.get(keyOf(items[n]))?.element.getBoundingClientRect();
    const here = box(at);
    if (!here) return at;
    let best = at;
    let row = null;
    let least = Infinity;
    for (let n = at + step; n >= 0 && n < items.length; n += step) {
      const there = box(n);
      if (!there || Math.abs(there.top - here.top) < 2) continue;
      if (row !== null && Math.abs(there.top - row) > 2) break;
      row = there.top;
      const off = Math.abs(there.left - here.left);
      if (off < least) [best, least] = [n, off];
    }
    return best;
  }
}
