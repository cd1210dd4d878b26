// The big view: over the whole page, by keyboard, mouse and finger.
import { sentence } from '../api.js';
import { button, el, iconButton, isTyping, setAttr, setText, show } from '../dom.js';
import { recall, remember } from '../prefs.js';
import { Canvas } from './canvas.js';
import { Details } from './details.js';

/** @typedef {import('../api-outputs.js').Item} Item */
/** @typedef {{ discard: (items: Item[]) => Promise<string|null>, download: (items: Item[]) => void, closed: (path: string|null) => void }} Doing */

/** So near to the end the next page is asked for. */
const NEAR = 8;

export class Lightbox {
  /** @type {Item|null} */
  #item = null;
  #at = 0;
  #life = new AbortController();

  /** @param {import('./model.js').OutputsModel} model @param {string} label @param {Doing} doing */
  constructor(model, label, doing) {
    this.model = model;
    this.doing = doing;
    this.details = new Details(model.id, (text) => this.say(text));
    this.canvas = new Canvas(model.id, this.details);
    this.name = el('span', { class: 'lightbox-name ellipsis' });
    this.place = el('span', { class: 'muted lightbox-place' });
    this.note = el('div', { class: 'lightbox-note', role: 'status' });
    this.pick = iconButton('check', 'Select (Space)', () => this.#toggle());
    this.info = iconButton('info', 'Details (I)', () => this.#setInfo(Boolean(this.details.element.hidden)));
    this.larger = iconButton('zoom', 'Actual size (Z)', () => this.canvas.zoom());
    this.full = iconButton('grow', 'Full screen (F)', () => void this.#fullScreen(), 'only-wide');
    const bar = el(
      'header',
      { class: 'lightbox-bar' },
      this.name,
      this.place,
      el('span', { class: 'spring' }),
      this.pick,
      this.larger,
      this.info,
      this.full,
      iconButton('download', 'Download (D)', () => this.#item && doing.download([this.#item])),
      iconButton('delete', 'Move to the trash (Delete)', () => void this.#discard()),
      iconButton('close', 'Close (Esc)', () => this.element.close()),
    );
    this.before = iconButton('back', 'Newer (←)', () => this.#step(-1), 'lightbox-step lightbox-before');
    this.after = iconButton('back', 'Older (→)', () => this.#step(1), 'lightbox-step lightbox-after');
    const stage = el('div', { class: 'lightbox-stage' }, this.before, this.canvas.element, this.after, this.note);
    this.element = el('dialog', { class: 'lightbox', 'aria-label': label }, bar, el('div', { class: 'lightbox-body' }, stage, this.details.element));
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('close', () => this.#closed());
    this.canvas.addEventListener('step', (event) => this.#step(/** @type {CustomEvent<number>} */ (event).detail));
    const { signal } = this.#life;
    model.addEventListener('change', () => this.#listed(), { signal });
    model.addEventListener('ticks', () => this.#renderPick(), { signal });
  }

  get isOpen() {
    return this.element.open;
  }

  /** @param {Item} item */
  open(item) {
    document.body.append(this.element);
    this.element.showModal();
    this.#setInfo(recall('outputs.info', 'off') === 'on', false);
    this.#show(item);
    this.canvas.element.tabIndex = -1;
    this.canvas.element.focus();
  }

  close() {
    this.#life.abort();
    if (this.element.open) this.element.close();
    this.element.remove();
  }

  #closed() {
    if (document.fullscreenElement === this.element) void document.exitFullscreen();
    this.canvas.clear();
    this.note.replaceChildren();
    this.element.remove();
    const path = this.#item?.path ?? null;
    this.#item = null;
    this.doing.closed(path);
  }

  /** @param {Item} item */
  #show(item) {
    const { items } = this.model;
    this.#item = item;
    this.#at = items.findIndex(({ path }) => path === item.path);
    setText(this.name, item.name);
    setAttr(this.name, 'title', item.path);
    this.#renderPlace();
    this.canvas.show(item);
    show(this.larger, item.kind === 'image');
    this.#renderPick();
    if (!this.details.element.hidden) void this.details.show(item);
    if (this.#at > items.length - NEAR) void this.model.leaf();
  }

  #renderPlace() {
    const total = this.model.head?.total ?? 0;
    setText(this.place, this.#at < 0 ? '' : `${this.#at + 1} of ${total}`);
    this.before.disabled = this.#at <= 0;
    this.after.disabled = this.#at >= this.model.items.length - 1;
  }

  #renderPick() {
    setAttr(this.pick, 'aria-pressed', String(Boolean(this.#item && this.model.ticked.has(this.#item.path))));
  }

  /** The list is another one: what is shown stays, unless it is gone. */
  #listed() {
    if (!this.element.open || !this.#item) return;
    const { items } = this.model;
    const same = items.find(({ path }) => path === this.#item?.path);
    if (same && same.version === this.#item.version) {
      this.#at = items.indexOf(same);
      this.#renderPlace();
    } else if (same) this.#show(same);
    else if (items.length) this.#show(items[Math.min(Math.max(this.#at, 0), items.length - 1)]);
    else this.element.close();
  }

  /** @param {number} by */
  #step(by) {
    const next = this.model.items[this.#at + by];
    if (next) this.#show(next);
  }

  #toggle() {
    if (this.#item) this.model.tick([this.#item], !this.model.ticked.has(this.#item.path));
  }

  /** @param {boolean} on @param {boolean} [kept] */
  #setInfo(on, kept = true) {
    show(this.details.element, on);
    setAttr(this.info, 'aria-pressed', String(on));
    if (kept) remember('outputs.info', on ? 'on' : 'off');
    if (on && this.#item) void this.details.show(this.#item);
  }

  async #fullScreen() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await this.element.requestFullscreen();
    } catch {
      this.say('The browser did not allow the full screen.');
    }
  }

  async #discard() {
    const item = this.#item;
    if (!item) return;
    const token = await this.doing.discard([item]);
    if (!token || !this.element.open) return;
    const undo = async () => {
      try {
        await this.model.putBack(token);
        this.say(`${item.name} is back.`);
        const back = this.model.items.find(({ path }) => path === item.path);
        if (back) this.#show(back);
      } catch (error) {
        this.say(`${item.name} could not be put back: ${sentence(error)}`);
      }
    };
    this.note.replaceChildren(el('span', { text: `${item.name} is in the trash.` }), button('Undo', { class: 'small', on: { click: () => void undo() } }));
  }

  /** @param {string} text */
  say(text) {
    this.note.replaceChildren(el('span', { text }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const { target } = event;
    // A film has keys of its own, and what scrolls has arrows.
    if (target instanceof HTMLMediaElement && event.key !== 'Escape') return;
    if (target instanceof Element && target.matches('button, summary') && [' ', 'Enter'].includes(event.key)) return;
    const scrolls = target instanceof Element && target.matches('pre, .details') && ['ArrowUp', 'ArrowDown', 'Home', 'End', ' '].includes(event.key);
    if (scrolls) return;
    if (this.#keyed(event.key)) event.preventDefault();
  }

  /** @param {string} key */
  #keyed(key) {
    const { items } = this.model;
    switch (key.length === 1 ? key.toLowerCase() : key) {
      case 'ArrowRight':
      case 'ArrowDown':
        this.#step(1);
        return true;
      case 'ArrowLeft':
      case 'ArrowUp':
        this.#step(-1);
        return true;
      case 'Home':
        if (items[0]) this.#show(items[0]);
        return true;
      case 'End':
        if (items.length) this.#show(items[items.length - 1]);
        return true;
      case ' ':
        this.#toggle();
        return true;
      case 'Delete':
        void this.#discard();
        return true;
      case 'i':
        this.#setInfo(Boolean(this.details.element.hidden));
        return true;
      case 'z':
        this.canvas.zoom();
        return true;
      case 'f':
        void this.#fullScreen();
        return true;
      case 'd':
        if (this.#item) this.doing.download([this.#item]);
        return true;
      default:
        return false;
    }
  }
}
