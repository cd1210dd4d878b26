// The keyboard that a phone shows on its glass: it types into a field nobody sees, and what changes there is typed on the screen.
import { el } from '../dom.js';
import { KEYSYMS, keysymOf, typing } from './keysyms.js';

/** What stands in the field, so that there is something to delete: such keyboards tell of no keys, only of changes. */
const CUSHION = '_'.repeat(40);
const MOST = 400;

/** Emits `change` when it comes or goes. */
export class TouchTyping extends EventTarget {
  #before = CUSHION;

  /** @param {(keysym: number) => void} tap presses a key and lets it go */
  constructor(tap) {
    super();
    this.tap = tap;
    this.field = el('textarea', {
      class: 'touch-typing',
      'aria-label': 'Typed on the screen',
      autocapitalize: 'off',
      autocomplete: 'off',
      autocorrect: 'off',
      spellcheck: 'false',
      tabindex: '-1',
    });
    this.field.value = CUSHION;
    this.field.addEventListener('input', (event) => this.#take(/** @type {InputEvent} */ (event)));
    this.field.addEventListener('compositionend', () => this.#refill());
    this.field.addEventListener('keydown', (event) => this.#press(event));
    for (const type of ['focus', 'blur']) this.field.addEventListener(type, () => this.dispatchEvent(new Event('change')));
  }

  get isShown() {
    return document.activeElement === this.field;
  }

  show() {
    this.#refill();
    this.field.focus({ preventScroll: true });
  }

  /** A new cushion, and the caret at its end. */
  #refill() {
    this.field.value = CUSHION;
    this.#before = CUSHION;
    this.field.setSelectionRange(CUSHION.length, CUSHION.length);
  }

  /** @param {InputEvent} event */
  #take(event) {
    const { back, typed } = typing(this.#before, this.field.value);
    this.#before = this.field.value;
    for (let left = back; left > 0; left -= 1) this.tap(KEYSYMS.Backspace);
    for (const letter of typed) this.tap(keysymOf(letter));
    // Words that are still being put together must not be taken from under the keyboard.
    if (!event.isComposing && (this.#before.length < CUSHION.length || this.#before.length > MOST)) this.#refill();
  }

  /** Keys with a name come as such; letters come as text. @param {KeyboardEvent} event */
  #press(event) {
    const keysym = KEYSYMS[event.key];
    if (event.isComposing || !keysym || ['Shift', 'Control', 'Alt'].includes(event.key)) return;
    event.preventDefault();
    this.tap(keysym);
  }
}
