// Find in a log: marks by the CSS highlight registry, so the lines themselves are not touched.
import { el, iconButton, setText } from '../dom.js';
import { icon } from '../icons.js';

const MOST = 2000;

export class LogFind {
  /** @type {Range[]} */
  #found = [];
  #at = -1;
  /** @type {number|undefined} */
  #timer;

  /** @param {import('./log-lines.js').LogLines} lines @param {() => void} onJump called before it scrolls somewhere */
  constructor(lines, onJump) {
    this.lines = lines;
    this.onJump = onJump;
    this.input = el('input', { type: 'search', class: 'search-input', placeholder: 'Find in log', 'aria-label': 'Find in log', autocomplete: 'off', spellcheck: 'false' });
    this.count = el('span', { class: 'find-count', 'aria-live': 'polite' });
    this.element = el(
      'span',
      { class: 'find' },
      el('label', { class: 'search' }, icon('search'), this.input, this.count),
      iconButton('up', 'Previous match', () => this.step(-1)),
      iconButton('down', 'Next match', () => this.step(1)),
    );
    this.input.addEventListener('input', () => this.refresh(true));
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.step(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape' && this.input.value) {
        this.input.value = '';
        this.refresh(true);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** The lines have changed. */
  later() {
    if (!this.input.value || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.refresh(false);
    }, 400);
  }

  /** @param {boolean} fresh another text is looked for */
  refresh(fresh) {
    const needle = this.input.value;
    this.#found = needle ? this.lines.find(needle, MOST) : [];
    if (fresh) this.#at = -1;
    this.#at = Math.min(this.#at, this.#found.length - 1);
    this.show();
    if (fresh && this.#found.length) this.step(-1, this.#found.length - 1);
  }

  /** @param {number} by @param {number} [to] */
  step(by, to) {
    if (!this.#found.length) return;
    const count = this.#found.length;
    this.#at = to ?? (this.#at + by + count) % count;
    this.onJump();
    this.#found[this.#at].startContainer.parentElement?.scrollIntoView({ block: 'center' });
    this.show();
  }

  /** Puts the marks of this log into the page's registry; only the log in sight has them. */
  show() {
    const words = this.input.value ? (this.#found.length ? `${this.#at + 1}/${this.#found.length}${this.#found.length >= MOST ? '+' : ''}` : 'none') : '';
    setText(this.count, words);
    if (!('highlights' in CSS)) return;
    CSS.highlights.set('found', new Highlight(...this.#found));
    const here = this.#found[this.#at];
    CSS.highlights.set('found-here', here ? new Highlight(here) : new Highlight());
  }

  hide() {
    if (!('highlights' in CSS)) return;
    CSS.highlights.delete('found');
    CSS.highlights.delete('found-here');
  }
}
