// A few facts with their names, in a line that wraps.
import { el, setText, show } from '../dom.js';

export class FactList {
  /** @type {Map<string, { box: HTMLElement, value: HTMLElement }>} */
  #lines = new Map();

  constructor() {
    this.element = el('dl', { class: 'v-facts' });
  }

  /** What is null is not shown. @param {[string, string|null][]} facts */
  render(facts) {
    for (const [name, text] of facts) {
      let line = this.#lines.get(name);
      if (!line) {
        const value = el('dd', { class: 'mono' });
        line = { box: el('div', { class: 'fact' }, el('dt', { text: name }), value), value };
        this.#lines.set(name, line);
        this.element.append(line.box);
      }
      setText(line.value, text ?? '');
      show(line.box, text !== null);
    }
  }
}
