// A text field with a list of what is offered; anything else may be typed. Unlike the browser's own list it shows all of it
// to whoever opens it, and says of each entry what there is to know.
import { el, setAttr, setText, show, uid } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {{ value: string, note?: string, doubtful?: boolean }} Option doubtful: it will hardly do */
/** @typedef {{ options: Option[], words: string }} Offer words: what is said below the list, or in its place */

export class Combo {
  /** What is in the list now. @type {Option[]} */
  #shown = [];
  #at = -1;
  /** Nothing was typed since it was opened: all of it is shown. */
  #whole = true;

  /** Takes the place of the field. @param {HTMLInputElement} input @param {string} label @param {() => Offer} offer */
  constructor(input, label, offer) {
    this.input = input;
    this.offer = offer;
    const id = uid('combo');
    this.list = el('ul', { class: 'combo-list', role: 'listbox', id, 'aria-label': label });
    this.words = el('p', { class: 'hint combo-words' });
    this.pop = el('div', { class: 'combo-pop', popover: 'manual' }, this.list, this.words);
    const toggle = el('button', { type: 'button', class: 'combo-toggle', tabindex: '-1', 'aria-label': `Show: ${label}`, on: { click: () => this.#toggle() } }, icon('chevron'));
    const box = el('span', { class: 'combo' });
    input.replaceWith(box);
    box.append(input, toggle, this.pop);
    input.removeAttribute('list');
    for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': id })) setAttr(input, name, value);
    input.addEventListener('input', (event) => {
      if (event.isTrusted) this.open(false);
    });
    input.addEventListener('keydown', (event) => this.#keys(event));
    input.addEventListener('blur', () => this.close());
    // A click beside it would take the focus, and the list with it.
    for (const part of [toggle, this.pop]) part.addEventListener('pointerdown', (event) => event.preventDefault());
    this.list.addEventListener('click', (event) => {
      const option = event.target instanceof Element ? event.target.closest('[role=option]') : null;
      if (option) this.#take(this.#shown[[...this.list.children].indexOf(option)]);
    });
  }

  get isOpen() {
    return this.pop.matches(':popover-open');
  }

  /** @param {boolean} whole all of it, whatever stands in the field */
  open(whole) {
    if (this.input.disabled) return;
    this.#whole = whole;
    this.#at = -1;
    if (!this.isOpen) this.pop.showPopover();
    setAttr(this.input, 'aria-expanded', 'true');
    this.render();
  }

  close() {
    if (!this.isOpen) return;
    this.pop.hidePopover();
    setAttr(this.input, 'aria-expanded', 'false');
    setAttr(this.input, 'aria-activedescendant', null);
  }

  /** What is offered may be more by now. */
  render() {
    if (!this.isOpen) return;
    const { options, words } = this.offer();
    const typed = this.input.value.trim();
    this.#shown = this.#whole || !typed ? options : options.filter(({ value }) => value.startsWith(typed) && value !== typed);
    this.list.replaceChildren(
      ...this.#shown.map(({ value, note, doubtful }, at) =>
        el('li', { class: 'combo-option', role: 'option', id: `${this.list.id}-${at}`, 'aria-selected': String(value === typed), data: { doubtful: doubtful ? 'yes' : null } }, el('span', { class: 'mono', text: value }), note ? el('span', { class: 'combo-note', text: note }) : null),
      ),
    );
    setText(this.words, words);
    show(this.words, Boolean(words));
    // Typing what the list does not have is fine: nothing is said of it then.
    if (!this.#shown.length && (options.length || !words)) return this.close();
    const present = this.#shown.findIndex(({ value }) => value === typed);
    this.#choose(this.#whole ? present : -1);
    this.#place();
  }

  #toggle() {
    if (this.isOpen) this.close();
    else {
      this.input.focus();
      this.open(true);
    }
  }

  /** @param {number} at */
  #choose(at) {
    this.#at = at;
    [...this.list.children].forEach((option, index) => option.classList.toggle('at', index === at));
    setAttr(this.input, 'aria-activedescendant', this.list.children[at]?.id ?? null);
    this.list.children[at]?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {Option|undefined} option */
  #take(option) {
    if (!option) return;
    this.input.value = option.value;
    this.close();
    // As if it had been typed.
    this.input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #place() {
    const { pop, input } = this;
    const from = input.getBoundingClientRect();
    const view = visualViewport ?? { height: innerHeight, offsetTop: 0 };
    const room = { below: view.offsetTop + view.height - from.bottom - 8, above: from.top - view.offsetTop - 8 };
    pop.style.maxHeight = '';
    const below = room.below >= Math.min(pop.scrollHeight + 4, 280) || room.below >= room.above;
    pop.style.minWidth = `${from.width}px`;
    pop.style.maxHeight = `${Math.max(80, Math.min(280, (below ? room.below : room.above) - 4))}px`;
    const { width, height } = pop.getBoundingClientRect();
    pop.style.left = `${Math.max(8, Math.min(from.left, innerWidth - width - 8))}px`;
    pop.style.top = `${below ? from.bottom + 4 : from.top - height - 4}px`;
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    const last = this.#shown.length - 1;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!this.isOpen) this.open(true);
      else if (event.key === 'ArrowDown') this.#choose(this.#at >= last ? 0 : this.#at + 1);
      else this.#choose(this.#at <= 0 ? last : this.#at - 1);
    } else if (!this.isOpen || event.isComposing) return;
    else if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' && this.#at >= 0) this.#take(this.#shown[this.#at]);
    else return;
    // Neither the dialog nor the row hears of it.
    event.preventDefault();
    event.stopPropagation();
  }
}
