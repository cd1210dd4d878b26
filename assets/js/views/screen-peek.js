// A small picture of an instance's screen, while the mouse or the keyboard is at its name or status. Asked for only as long as
// it is to be seen.
import { api } from '../api.js';
import { el, isStill, setText, show } from '../dom.js';
import { story } from '../format.js';

/** Only rows whose instance has a desktop carry the mark. */
const CELLS = 'tr[data-desktop] > td:is(.c-name, .c-status)';
const WAIT = 350;
const EVERY = 2000;
/** In px of the page; dense screens get twice as many. */
const WIDTH = 320;

/** @param {import('../app.js').App} app */
export function peekAtScreens(app) {
  const picture = el('img', { class: 'peek-picture', alt: '' });
  const words = el('p', { class: 'peek-words' });
  const fault = el('p', { class: 'peek-fault', text: 'There is no picture of its screen at the moment.' });
  const peek = el('div', { class: 'peek', popover: 'manual', 'aria-hidden': 'true' }, picture, fault, words);
  /** @type {number|undefined} */
  let timer;
  /** The cell it belongs to. @type {Element|null} */
  let at = null;
  /** Whether the keyboard is there: then a mouse that lies about elsewhere does not matter. */
  let byKeys = false;

  const hide = () => {
    clearTimeout(timer);
    at = null;
    byKeys = false;
    peek.remove();
    picture.removeAttribute('src');
  };

  const place = () => {
    if (!at) return;
    const from = at.getBoundingClientRect();
    const { width, height } = peek.getBoundingClientRect();
    const below = from.bottom + 6 + height < innerHeight;
    peek.style.left = `${Math.max(8, Math.min(from.left + 8, innerWidth - width - 8))}px`;
    peek.style.top = `${below ? from.bottom + 6 : Math.max(8, from.top - 6 - height)}px`;
  };

  /** One picture, and the next a while later. @param {Element} cell @param {number} id */
  const look = async (cell, id) => {
    const next = new Image();
    next.src = api.screen(id, Math.min(2, Math.ceil(devicePixelRatio)) * WIDTH);
    const good = await next.decode().then(() => true, () => false);
    if (at !== cell) return;
    if (good) picture.src = next.src;
    show(picture, good);
    show(fault, !good);
    place();
    if (!isStill()) timer = setTimeout(() => (document.hidden || !cell.isConnected ? hide() : void look(cell, id)), EVERY);
  };

  /** @param {Element} cell */
  const open = (cell) => {
    const id = Number(cell.closest('tr')?.dataset.id);
    const model = app.instances.get(id);
    if (!cell.isConnected || !model?.data.desktop) return;
    at = cell;
    show(picture, false);
    show(fault, false);
    setText(words, [model.data.name, story(model.data)].filter(Boolean).join(': '));
    document.body.append(peek);
    peek.showPopover();
    place();
    void look(cell, id);
  };

  /** @param {EventTarget|null} target */
  const cellAt = (target) => (target instanceof Element ? target.closest(CELLS) : null);
  document.addEventListener('pointerover', (event) => {
    const cell = event.pointerType === 'mouse' ? cellAt(event.target) : null;
    if ((cell && cell === at) || (!cell && byKeys)) return;
    hide();
    if (cell) timer = setTimeout(open, WAIT, cell);
  });
  document.addEventListener('focusin', ({ target }) => {
    hide();
    const cell = target instanceof Element && target.matches(':focus-visible') ? cellAt(target) : null;
    byKeys = cell !== null;
    if (cell) timer = setTimeout(open, WAIT, cell);
  });
  for (const name of ['pointerdown', 'keydown', 'focusout', 'wheel']) document.addEventListener(name, hide, { passive: true, capture: true });
  document.documentElement.addEventListener('pointerleave', hide);
}
