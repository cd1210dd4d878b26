// A text that becomes a field when it is clicked: Enter and Tab keep, Esc gives back.
import { el, setText, show } from '../../dom.js';
import { FIELDS } from '../../table/fields.js';
import { textInput } from '../dialog.js';
import { Cell, lockMark } from './cell.js';

export class TextCell extends Cell {
  /** @type {HTMLInputElement|null} */
  #input = null;

  /**
   * @param {import('./cell.js').App} app @param {import('./cell.js').InstanceModel} model @param {string} id
   * @param {{ field: string, class?: string, plain?: () => string, words?: () => string[], also?: Node[] }} options `plain`: shown while there is none
   */
  constructor(app, model, id, options) {
    super(app, model, id);
    this.options = options;
    this.text = el('span', { class: options.class ?? 'ellipsis' });
    this.lock = lockMark();
    this.box = el('span', { class: 'cell' }, this.text, this.lock.element, ...(options.also ?? []));
    this.element.append(this.box);
  }

  render() {
    super.render();
    const value = this.value(this.options.field);
    setText(this.text, value || (this.options.plain?.() ?? '—'));
    this.text.classList.toggle('muted', !value);
    show(this.lock.element, Boolean(this.giver));
    if (this.giver) setText(this.lock.name, this.giver.data.name);
  }

  get editsInPlace() {
    return true;
  }

  edit() {
    if (!this.isEditable || this.#input) return;
    const { app, model, element } = this;
    const { field, words, plain } = this.options;
    const list = words ? el('datalist', { id: `list-${this.id}-${model.id}` }, ...words().map((value) => el('option', { value }))) : null;
    const input = textInput({ class: 'input cell-input', value: this.value(field) ?? '', 'aria-label': this.label, maxlength: '1024', placeholder: plain?.(), list: list?.id });
    this.#input = input;

    /** @param {boolean} keep */
    const leave = (keep) => {
      if (this.#input !== input) return;
      this.#input = null;
      element.classList.remove('editing');
      const { value } = input;
      input.remove();
      list?.remove();
      if (keep) app.drafts.set(model, field, FIELDS[field].none ? value.trim() || null : value);
    };
    input.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.isComposing || !['Enter', 'Escape', 'Tab'].includes(event.key)) return;
      event.preventDefault();
      leave(event.key !== 'Escape');
      element.focus();
      if (event.key === 'Tab') this.moveOn(event.shiftKey);
    });
    input.addEventListener('blur', () => leave(true));
    element.classList.add('editing');
    element.append(input, ...(list ? [list] : []));
    input.focus();
    input.select();
  }
}
