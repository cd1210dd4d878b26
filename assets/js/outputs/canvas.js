// One thing, large: a picture that can be looked into, a film, a sound, a text; of anything else its name.
import { sentence } from '../api.js';
import { outputsApi } from '../api-outputs.js';
import { el } from '../dom.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { KIND_ICON, KIND_WORD } from './tile.js';

/** @typedef {import('../api-outputs.js').Item} Item */

const SWIPE = 50;

/** Emits `step` (detail: 1 or -1) after a swipe. */
export class Canvas extends EventTarget {
  /** @type {Item|null} */
  #item = null;
  /** @type {{ x: number, y: number, left: number, top: number }|null} */
  #held = null;

  /** @param {number} id of the instance @param {import('./details.js').Details} details */
  constructor(id, details) {
    super();
    this.id = id;
    this.details = details;
    this.element = el('div', { class: 'canvas' });
    this.element.addEventListener('dblclick', () => this.zoom());
    this.element.addEventListener('pointerdown', (event) => this.#down(event));
    this.element.addEventListener('pointermove', (event) => this.#moved(event));
    for (const end of ['pointerup', 'pointercancel']) this.element.addEventListener(end, (event) => this.#up(/** @type {PointerEvent} */ (event)));
  }

  get zoomed() {
    return this.element.classList.contains('zoomed');
  }

  /** One pixel of it is one of the screen, and back. */
  zoom() {
    if (!this.element.querySelector('img')) return;
    this.element.classList.toggle('zoomed');
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = this.element;
    this.element.scrollTo((scrollWidth - clientWidth) / 2, (scrollHeight - clientHeight) / 2);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('video, audio, pre'))) return;
    this.#held = { x: event.clientX, y: event.clientY, left: this.element.scrollLeft, top: this.element.scrollTop };
    if (this.zoomed && event.pointerType === 'mouse') event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #moved(event) {
    if (!this.#held || !this.zoomed || event.pointerType !== 'mouse') return;
    this.element.scrollTo(this.#held.left - (event.clientX - this.#held.x), this.#held.top - (event.clientY - this.#held.y));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const held = this.#held;
    this.#held = null;
    if (!held || this.zoomed || event.pointerType === 'mouse' || event.type === 'pointercancel') return;
    const [x, y] = [event.clientX - held.x, event.clientY - held.y];
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) this.dispatchEvent(new CustomEvent('step', { detail: x < 0 ? 1 : -1 }));
  }

  /** A film goes on playing nowhere. */
  clear() {
    for (const one of this.element.querySelectorAll('video, audio')) {
      const media = /** @type {HTMLMediaElement} */ (one);
      media.pause();
      media.removeAttribute('src');
      media.load();
    }
    this.element.replaceChildren();
    this.element.classList.remove('zoomed');
    this.#item = null;
  }

  /** @param {Item} item */
  show(item) {
    if (this.#item?.path === item.path && this.#item.version === item.version) return;
    this.clear();
    this.#item = item;
    const address = outputsApi.file(this.id, item);
    if (item.kind === 'image' && item.shown) this.#picture(item, address);
    else if (item.kind === 'video' && item.shown) this.#media(el('video', { controls: true, playsinline: true, loop: true, 'aria-label': item.name }), item, address);
    else if (item.kind === 'audio' && item.shown) this.#media(el('audio', { controls: true, 'aria-label': item.name }), item, address);
    else if (item.kind === 'text') void this.#text(item);
    else this.#card(item, 'No browser can show this kind of file. Download it to open it.');
  }

  /** @param {Item} item @param {string} address */
  #picture(item, address) {
    const picture = el('img', { alt: item.name, draggable: 'false' });
    picture.addEventListener('error', () => this.#item === item && void this.#fault(item));
    picture.src = address;
    this.element.replaceChildren(picture);
  }

  /** @param {HTMLMediaElement} media @param {Item} item @param {string} address */
  #media(media, item, address) {
    media.addEventListener('error', () => this.#item === item && void this.#fault(item));
    media.src = address;
    if (media instanceof HTMLAudioElement) this.element.replaceChildren(el('div', { class: 'canvas-card' }, icon(KIND_ICON.audio), el('p', { text: item.name }), media));
    else this.element.replaceChildren(media);
  }

  /** @param {Item} item */
  async #text(item) {
    try {
      const about = await this.details.about(item);
      if (this.#item !== item || !about) return;
      if (!about.preview) return this.#card(item, about.note ?? 'There is nothing to show.');
      const { text, cut } = about.preview;
      const more = cut ? el('p', { class: 'canvas-more', text: `The first 64 KB of ${bytes(item.size)}. The download has all of it.` }) : null;
      this.element.replaceChildren(el('div', { class: 'canvas-text' }, el('pre', { tabindex: '0', 'aria-label': item.name, text: text || '(empty)' }), more ?? ''));
    } catch (error) {
      if (this.#item === item) this.#card(item, sentence(error));
    }
  }

  /** Why it can't be shown: the server knows. @param {Item} item */
  async #fault(item) {
    let why = 'The browser can’t show it: it may be damaged, still being written, or of a kind it does not know. Download it to open it.';
    try {
      const about = await this.details.about(item);
      if (about?.note) why = about.note;
    } catch (error) {
      why = sentence(error);
    }
    if (this.#item === item) this.#card(item, why);
  }

  /** @param {Item} item @param {string} words */
  #card(item, words) {
    this.element.replaceChildren(el('div', { class: 'canvas-card', role: 'status' }, icon(KIND_ICON[item.kind]), el('p', { text: item.name }), el('p', { class: 'muted', text: `${KIND_WORD[item.kind]}, ${bytes(item.size)}` }), el('p', { class: 'muted', text: words })));
  }
}
