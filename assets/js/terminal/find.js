// Find in a terminal's screen: the matches are counted and marked, the one in question comes into sight.
import { el, iconButton, setText } from '../dom.js';
import { icon } from '../icons.js';
import { marksNow } from './colours.js';

export class ScreenFind {
  /** @param {import('./screen.js').Screen} screen @param {{ label: string, onJump?: () => void, onLeave?: () => void }} how `onJump` is called before it scrolls somewhere */
  constructor(screen, { label, onJump = () => {}, onLeave = () => {} }) {
    this.screen = screen;
    this.onJump = onJump;
    this.input = el('input', { type: 'search', class: 'search-input', placeholder: label, 'aria-label': label, autocomplete: 'off', spellcheck: 'false' });
    this.count = el('span', { class: 'find-count', 'aria-live': 'polite' });
    this.element = el(
      'span',
      { class: 'find' },
      el('label', { class: 'search' }, icon('search'), this.input, this.count),
      iconButton('up', 'Previous match', () => this.step(-1)),
      iconButton('down', 'Next match', () => this.step(1)),
    );
    screen.search.onDidChangeResults(({ resultIndex, resultCount }) => this.#say(resultIndex, resultCount));
    this.input.addEventListener('input', () => this.refresh());
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.step(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') {
        if (this.input.value) {
          this.input.value = '';
          this.refresh();
        } else onLeave();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  get #options() {
    return { decorations: marksNow() };
  }

  /** Another text is looked for: the last match first, as logs grow at their end. */
  refresh() {
    const needle = this.input.value;
    if (!needle) {
      this.screen.search.clearDecorations();
      this.screen.terminal.clearSelection();
      setText(this.count, '');
      return;
    }
    this.onJump();
    this.screen.terminal.clearSelection();
    if (!this.screen.search.findPrevious(needle, this.#options)) this.#say(-1, 0);
  }

  /** @param {1|-1} by */
  step(by) {
    const needle = this.input.value;
    if (!needle) return;
    this.onJump();
    if (by > 0) this.screen.search.findNext(needle, this.#options);
    else this.screen.search.findPrevious(needle, this.#options);
  }

  /** @param {number} at @param {number} count */
  #say(at, count) {
    if (!this.input.value) return;
    setText(this.count, count === 0 ? 'none' : at < 0 ? `${count}+` : `${at + 1}/${count}`);
  }
}
