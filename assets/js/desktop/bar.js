// The controls of the screen: a tab at its left edge opens them, a click on the screen closes them. Reached by keyboard with
// Ctrl Alt Shift M, since the screen gets every other key.
import { el, iconButton, setAttr, show } from '../dom.js';
import { icon } from '../icons.js';
import { recall, remember } from '../prefs.js';

export const SHORTCUT = 'Ctrl Alt Shift M';

/** A part of the controls with more to it than a press. @typedef {{ icon: string, label: string, element: HTMLElement, focus?: () => void }} Panel */

/** Moved by so much, in px, a press of the tab is no click. */
const DRAGGED = 5;

/** Emits `leave` when the screen is to have the keys again. */
export class ControlBar extends EventTarget {
  /** @type {Map<HTMLElement, HTMLElement>} */
  #panels = new Map();
  /** The tab's middle, in percent of the height. */
  #height = Number(recall('desktop-bar', '50')) || 50;
  #dragged = false;

  constructor() {
    super();
    this.tools = el('div', { class: 'bar-tools', role: 'toolbar', 'aria-label': 'Controls of the screen', 'aria-orientation': 'vertical' });
    this.tab = el('button', { type: 'button', class: 'bar-tab', 'aria-expanded': 'false', 'aria-label': 'Controls of the screen', title: `Controls of the screen (${SHORTCUT})`, on: { click: () => this.#dragged || this.toggle() } }, icon('chevron'));
    this.element = el('div', { class: 'screen-bar' }, this.tools, this.tab);
    this.element.addEventListener('keydown', (event) => this.#keys(event));
    this.#letDrag();
    this.#place();
    this.toggle(false);
  }

  /** @param {string} picture @param {string} label @param {() => void} act */
  add(picture, label, act) {
    return this.#put(picture, label, () => {
      this.#closePanels();
      act();
    });
  }

  /** @param {string} picture @param {string} label @param {() => void} act */
  #put(picture, label, act) {
    const made = iconButton(picture, label, act, 'bar-button');
    this.tools.append(made);
    return made;
  }

  /** @param {string} picture @param {string} label @param {string} href */
  addLink(picture, label, href) {
    this.tools.append(el('a', { class: 'icon-button bar-button', href, target: '_blank', rel: 'noopener', 'aria-label': label, title: label }, icon(picture)));
  }

  /** @param {Panel} panel */
  addPanel({ icon: picture, label, element, focus }) {
    const opener = this.#put(picture, label, () => {
      const open = Boolean(element.hidden);
      this.#closePanels();
      this.#open(opener, open);
      if (open) focus?.();
    });
    setAttr(opener, 'aria-expanded', 'false');
    const box = el('section', { class: 'bar-panel', 'aria-label': label, hidden: true }, el('h2', { text: label }), element);
    element.hidden = true;
    this.#panels.set(opener, element);
    this.element.append(box);
    return opener;
  }

  /** @param {HTMLElement} opener @param {boolean} open */
  #open(opener, open) {
    const element = this.#panels.get(opener);
    if (!element) return;
    element.hidden = !open;
    if (element.parentElement) show(element.parentElement, open);
    setAttr(opener, 'aria-expanded', String(open));
  }

  #closePanels() {
    for (const opener of this.#panels.keys()) this.#open(opener, false);
  }

  get isOpen() {
    return !this.tools.hidden;
  }

  /** @param {boolean} [open] */
  toggle(open = !this.isOpen) {
    show(this.tools, open);
    this.element.classList.toggle('open', open);
    setAttr(this.tab, 'aria-expanded', String(open));
    if (!open) this.#closePanels();
  }

  /** By keyboard: open, and at its first control. */
  enter() {
    this.toggle(true);
    /** @type {HTMLElement|null} */ (this.tools.querySelector('.bar-button:not([hidden])'))?.focus();
  }

  /** Closed, and the screen has the keys again. */
  leave() {
    this.toggle(false);
    this.dispatchEvent(new Event('leave'));
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    if (event.key === 'Escape') {
      this.leave();
    } else if (event.target === this.tab && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      this.#move(this.#height + (event.key === 'ArrowUp' ? -4 : 4));
    } else if (event.target instanceof Element && event.target.closest('.bar-tools') && ['ArrowUp', 'ArrowDown', 'Home', 'End'].includes(event.key)) {
      const all = /** @type {HTMLElement[]} */ ([...this.tools.querySelectorAll('.bar-button:not([hidden])')]);
      const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      const to = { ArrowUp: at - 1 + all.length, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key] ?? 0;
      all[to % all.length].focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The tab may lie on what somebody needs: it is moved up and down. */
  #letDrag() {
    let from = 0;
    this.tab.addEventListener('pointerdown', (event) => {
      from = event.clientY;
      this.#dragged = false;
      this.tab.setPointerCapture(event.pointerId);
    });
    this.tab.addEventListener('pointermove', (event) => {
      if (!this.tab.hasPointerCapture(event.pointerId)) return;
      if (Math.abs(event.clientY - from) > DRAGGED) this.#dragged = true;
      if (this.#dragged) this.#move((event.clientY / innerHeight) * 100);
    });
  }

  /** @param {number} percent */
  #move(percent) {
    this.#height = Math.min(94, Math.max(6, percent));
    remember('desktop-bar', String(Math.round(this.#height)));
    this.#place();
  }

  #place() {
    this.element.style.setProperty('--place', `${this.#height}%`);
  }
}
