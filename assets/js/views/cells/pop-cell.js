// A cell whose editor needs more room: a panel at the cell. What is chosen is a change at once; Esc gives back.
import { button, el } from '../../dom.js';
import { Cell } from './cell.js';

/** @type {{ close: (keep: boolean) => void }|null} */
let open = null;

export class PopCell extends Cell {
  /** The controls of the editor, and which of them has the focus first. @param {() => void} _close keeps what was chosen @returns {Promise<{ content: Node[], first: HTMLElement|null }>} */
  async controls(_close) {
    return { content: [], first: null };
  }

  edit() {
    if (this.isEditable) void this.#open();
  }

  async #open() {
    open?.close(true);
    const { app, model, element } = this;
    const life = new AbortController();
    const { signal } = life;
    const giveBack = app.drafts.mark(model.id, this.fields);
    const pop = el('div', { class: `cell-pop pop-${this.id}`, role: 'dialog', 'aria-label': this.label, popover: 'manual', tabindex: '-1' });

    /** @param {boolean} keep */
    const close = (keep) => {
      if (open !== self) return;
      open = null;
      life.abort();
      const had = pop.contains(document.activeElement);
      pop.remove();
      element.classList.remove('editing');
      if (!keep) giveBack();
      if (had) element.focus();
    };
    const self = { close };
    open = self;
    element.classList.add('editing');
    const { content, first } = await this.controls(() => close(true));
    if (open !== self) return;
    const done = button('Done', { class: 'pop-done', on: { click: () => close(true) } });
    pop.append(...content, el('div', { class: 'pop-foot' }, el('span', { class: 'hint', text: 'Esc gives back' }), done));
    (element.closest('main') ?? document.body).append(pop);
    pop.showPopover();
    this.#place(pop);
    (first ?? done).focus();

    pop.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === 'Escape') close(false);
      else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) close(true);
      else if (event.key === 'Tab') {
        const controls = [.../** @type {NodeListOf<HTMLElement>} */ (pop.querySelectorAll('input, select, button, [tabindex="0"]'))].filter((one) => one.getClientRects().length);
        const edge = event.shiftKey ? controls[0] : controls.at(-1);
        if (document.activeElement !== edge) return;
        close(true);
        this.moveOn(event.shiftKey);
      } else return;
      event.preventDefault();
    });
    pop.addEventListener('focusout', (event) => {
      const to = /** @type {Node|null} */ (event.relatedTarget);
      if (to && !pop.contains(to)) close(true);
    });
    document.addEventListener('pointerdown', (event) => pop.contains(/** @type {Node} */ (event.target)) || close(true), { signal, capture: true });
    addEventListener('resize', () => this.#place(pop), { signal });
    addEventListener('scroll', (event) => event.target instanceof Element && event.target.contains(element) && this.#place(pop), { signal, capture: true });
    // The row may get another place meanwhile.
    app.instances.addEventListener('order', () => setTimeout(() => pop.isConnected && this.#place(pop), 100), { signal });
    model.addEventListener('gone', () => close(true), { signal });
  }

  /** @param {HTMLElement} pop */
  #place(pop) {
    const from = this.element.getBoundingClientRect();
    pop.style.maxHeight = '';
    const wanted = pop.getBoundingClientRect();
    // On the side where it fits, or where there is more room: never over its own cell.
    const room = { below: innerHeight - 8 - from.bottom, above: from.top - 8 };
    const below = wanted.height <= room.below || room.below >= room.above;
    pop.style.maxHeight = `${Math.max(160, below ? room.below : room.above)}px`;
    const { width, height } = pop.getBoundingClientRect();
    pop.style.left = `${Math.max(8, Math.min(from.left, innerWidth - width - 8))}px`;
    pop.style.top = `${Math.max(8, below ? Math.min(from.bottom, innerHeight - height - 8) : from.top - height)}px`;
  }
}

export const popIsOpen = () => open !== null;
