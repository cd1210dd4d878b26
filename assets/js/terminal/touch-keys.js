// The keys that the keyboard of a phone lacks.
import { el, setAttr } from '../dom.js';

/** What is on each, what it is called where that does not say it, and what it types. @type {readonly (readonly [string, string|null, string])[]} */
const KEYS = [
  ['Esc', null, '\x1b'],
  ['Tab', null, '\t'],
  ['←', 'Left', 'left'],
  ['↓', 'Down', 'down'],
  ['↑', 'Up', 'up'],
  ['→', 'Right', 'right'],
  ['|', 'Vertical bar', '|'],
  ['/', 'Slash', '/'],
];

export class TouchKeys {
  /** @param {(key: string) => void} onPress @param {(on: boolean) => void} onControl Ctrl is held for the next letter, or no longer */
  constructor(onPress, onControl) {
    this.onControl = onControl;
    this.control = this.#key('Ctrl', 'Ctrl, with the next letter', () => this.#hold(this.control.getAttribute('aria-pressed') !== 'true'));
    setAttr(this.control, 'aria-pressed', 'false');
    const keys = KEYS.map(([face, name, types]) => this.#key(face, name, () => onPress(types)));
    this.element = el('div', { class: 'touch-keys', role: 'group', 'aria-label': 'Keys', hidden: true }, keys[0], keys[1], this.control, ...keys.slice(2));
  }

  /** @param {string} face @param {string|null} name @param {() => void} act */
  #key(face, name, act) {
    // The focus, and with it the keyboard on the screen, stays where it is.
    const hold = (/** @type {Event} */ event) => event.preventDefault();
    return el('button', { type: 'button', class: 'touch-key', 'aria-label': name, text: face, on: { pointerdown: hold, mousedown: hold, click: act } });
  }

  /** @param {boolean} on */
  #hold(on) {
    setAttr(this.control, 'aria-pressed', String(on));
    this.onControl(on);
  }

  release() {
    this.#hold(false);
  }
}
