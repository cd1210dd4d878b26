// The keys that a phone lacks, and those that the browser or this machine keeps for itself. Below the screen, covering nothing.
import { el, setAttr } from '../dom.js';
import { icon } from '../icons.js';
import { KEYSYMS } from './keysyms.js';

/** Held until they are pressed again. */
const HELD = /** @type {const} */ (['Ctrl', 'Alt', 'Shift', 'Super']);
/** What is on each, what it is called, and which key it is. @type {readonly (readonly [string, string, string])[]} */
const TAPPED = [
  ['Esc', 'Esc', 'Escape'],
  ['Tab', 'Tab', 'Tab'],
  ['←', 'Left', 'ArrowLeft'],
  ['↓', 'Down', 'ArrowDown'],
  ['↑', 'Up', 'ArrowUp'],
  ['→', 'Right', 'ArrowRight'],
  ['Del', 'Del', 'Delete'],
  ...Array.from({ length: 12 }, (_, at) => /** @type {[string, string, string]} */ ([`F${at + 1}`, `F${at + 1}`, `F${at + 1}`])),
];

/** @param {string} name */
const heldKeysym = (name) => KEYSYMS[name === 'Ctrl' ? 'Control' : name];

export class KeyStrip {
  /** Those that are down. @type {Set<string>} */
  #down = new Set();

  /**
   * @param {(keysym: number, down?: boolean) => void} send without `down`: pressed and let go
   * @param {import('./touch-typing.js').TouchTyping} typing the keyboard of a phone, opened from here
   */
  constructor(send, typing) {
    this.send = send;
    this.held = new Map(
      HELD.map((name) => {
        const key = this.#key(name, name === 'Super' ? 'Super (Windows key), held' : `${name}, held`, () => this.#hold(name, !this.#down.has(name)));
        setAttr(key, 'aria-pressed', 'false');
        return [name, key];
      }),
    );
    const keyboard = this.#key('', 'Keyboard of this device', () => (typing.isShown ? typing.field.blur() : typing.show()));
    keyboard.append(icon('keyboard'));
    keyboard.classList.add('only-touch');
    setAttr(keyboard, 'aria-pressed', 'false');
    typing.addEventListener('change', () => setAttr(keyboard, 'aria-pressed', String(typing.isShown)));
    const all = this.#key('Ctrl Alt Del', 'Ctrl Alt Del', () => this.#ctrlAltDelete());
    const taps = TAPPED.map(([face, name, key]) => this.#key(face, name, () => send(KEYSYMS[key])));
    this.element = el('div', { class: 'key-strip', role: 'group', 'aria-label': 'Keys', hidden: true }, keyboard, ...this.held.values(), ...taps.slice(0, 7), all, ...taps.slice(7));
  }

  /** @param {string} face @param {string} name @param {() => void} act */
  #key(face, name, act) {
    // The focus, and with it the keyboard on the glass, stays where it is.
    const stay = (/** @type {Event} */ event) => event.preventDefault();
    return el('button', { type: 'button', class: 'key', 'aria-label': name, title: name === face ? null : name, text: face, on: { pointerdown: stay, mousedown: stay, click: act } });
  }

  /** @param {string} name @param {boolean} down */
  #hold(name, down) {
    if (down) this.#down.add(name);
    else this.#down.delete(name);
    const key = this.held.get(/** @type {typeof HELD[number]} */ (name));
    if (key) setAttr(key, 'aria-pressed', String(down));
    this.send(heldKeysym(name), down);
  }

  #ctrlAltDelete() {
    const { Control, Alt, Delete } = KEYSYMS;
    for (const keysym of [Control, Alt]) this.send(keysym, true);
    this.send(Delete);
    for (const keysym of [Alt, Control]) this.send(keysym, false);
    // What was held before is no longer.
    for (const name of ['Ctrl', 'Alt']) if (this.#down.has(name)) this.#hold(name, false);
  }

  /** Nothing is held any more. */
  release() {
    for (const name of [...this.#down]) this.#hold(name, false);
  }
}
