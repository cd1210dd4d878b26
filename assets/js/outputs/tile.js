// One thing in the gallery, and what fetches the small pictures: only of what is in sight, a few at a time.
import { outputsApi } from '../api-outputs.js';
import { el, setAttr } from '../dom.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';

/** @typedef {import('../api-outputs.js').Item} Item */

const AT_ONCE = 4;
/** A picture that has no small one is shown itself, up to this size. */
const ITSELF = 4 << 20;
/** A film that has not begun by then is shown by its name. */
const PATIENCE = 8000;

/** @type {Record<string, string>} */
export const KIND_ICON = { image: 'gallery', video: 'film', audio: 'sound', text: 'logs', other: 'file' };
/** @type {Record<string, string>} */
export const KIND_WORD = { image: 'image', video: 'video', audio: 'audio', text: 'text', other: 'file' };

/** @param {string} at */
const clock = (at) => new Date(at).toLocaleTimeString(undefined, { timeStyle: 'short' });

export class Tile {
  /** @param {number} id of the instance @param {Item} item */
  constructor(id, item) {
    this.id = id;
    this.item = item;
    const { name, kind, size, modified, path } = item;
    this.frame = el('span', { class: 'tile-frame', 'aria-hidden': 'true' }, icon(KIND_ICON[kind]));
    this.element = el(
      'div',
      {
        class: 'tile',
        role: 'option',
        tabindex: '-1',
        'aria-selected': 'false',
        'aria-label': `${name}, ${KIND_WORD[kind]}, ${bytes(size)}, ${clock(modified)}`,
        title: `${path}\n${bytes(size)}`,
        data: { path, kind },
      },
      this.frame,
      el('span', { class: 'tile-tick', 'aria-hidden': 'true' }),
      el('span', { class: 'tile-name ellipsis', 'aria-hidden': 'true', text: name }),
    );
  }

  /** @param {boolean} on */
  setTicked(on) {
    setAttr(this.element, 'aria-selected', String(on));
  }

  /** What can be seen of it in small, or null. @param {256|512} size @returns {string|null} */
  #address(size) {
    const { item, id } = this;
    if (item.thumbnail) return outputsApi.thumbnail(id, item, size);
    if (item.kind === 'image' && item.shown && item.size <= ITSELF) return outputsApi.file(id, item);
    return null;
  }

  /** Draws it; done when there is something to be seen, or nothing to come. @param {256|512} size @returns {Promise<void>} */
  draw(size) {
    const { item } = this;
    if (item.kind === 'video' && item.shown) return this.#film();
    const address = this.#address(size);
    if (!address) return Promise.resolve();
    const picture = el('img', { alt: '', decoding: 'async', draggable: 'false' });
    return new Promise((resolve) => {
      picture.addEventListener('load', () => {
        this.frame.replaceChildren(picture);
        resolve();
      });
      picture.addEventListener('error', () => {
        this.frame.classList.add('unseen-picture');
        resolve();
      });
      picture.src = address;
    });
  }

  /** The browser takes a picture from the beginning of a film. The film itself goes: there are only so many at once. @returns {Promise<void>} */
  #film() {
    const film = el('video', { preload: 'auto', playsinline: true });
    film.muted = true;
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(patience);
        film.removeAttribute('src');
        film.load();
        resolve();
      };
      const patience = setTimeout(over, PATIENCE);
      film.addEventListener('loadeddata', () => {
        const still = el('canvas', { width: String(film.videoWidth || 1), height: String(film.videoHeight || 1) });
        still.getContext('2d')?.drawImage(film, 0, 0);
        this.frame.replaceChildren(still, el('span', { class: 'tile-badge' }, icon('start')));
        over();
      });
      film.addEventListener('error', () => film.hasAttribute('src') && over());
      // Many begin with a black picture.
      film.src = `${outputsApi.file(this.id, this.item)}#t=0.1`;
    });
  }
}

/** Fetches what comes in sight. */
export class Loader {
  /** @type {Set<Tile>} */
  #queue = new Set();
  /** @type {WeakMap<Element, Tile>} */
  #tiles = new WeakMap();
  #running = 0;
  /** @type {256|512} */
  size = 256;

  /** @param {HTMLElement} root what scrolls */
  constructor(root) {
    this.observer = new IntersectionObserver((entries) => this.#seen(entries), { root, rootMargin: '300px 0px' });
  }

  /** @param {Tile} tile */
  add(tile) {
    this.#tiles.set(tile.element, tile);
    this.observer.observe(tile.element);
  }

  /** @param {Tile} tile */
  remove(tile) {
    this.observer.unobserve(tile.element);
    this.#queue.delete(tile);
  }

  close() {
    this.observer.disconnect();
    this.#queue.clear();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const tile = this.#tiles.get(target);
      if (!tile) continue;
      if (isIntersecting) this.#queue.add(tile);
      else this.#queue.delete(tile);
    }
    this.#next();
  }

  #next() {
    for (const tile of this.#queue) {
      if (this.#running >= AT_ONCE) return;
      this.#queue.delete(tile);
      this.observer.unobserve(tile.element);
      this.#running += 1;
      void tile.draw(this.size).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }
}
