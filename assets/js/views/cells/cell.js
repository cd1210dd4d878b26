// What all cells share: where they stand, whether they can be edited, and the marks of a change that is not saved.
import { el, setAttr } from '../../dom.js';
import { icon } from '../../icons.js';
import { FIELDS } from '../../table/fields.js';
import { columnOf } from '../../table/columns.js';

/** @typedef {import('../../app.js').App} App */
/** @typedef {import('../../store.js').InstanceModel} InstanceModel */

export class Cell {
  /** @param {App} app @param {InstanceModel} model @param {string} id of the column */
  constructor(app, model, id) {
    this.app = app;
    this.model = model;
    this.id = id;
    this.column = columnOf(id);
    this.fields = this.column.fields ?? [];
    this.element = el('td', { class: `c-${id}`, role: 'gridcell', tabindex: '-1', data: { cell: id } });
  }

  /** What gives a satellite its value; null where the value is its own. */
  get giver() {
    const parent = this.app.instances.get(this.model.data.parent_instance_id);
    return parent && this.fields.length && this.fields.every((field) => FIELDS[field].inherited) ? parent : null;
  }

  get isEditable() {
    return this.fields.length > 0 && !this.giver;
  }

  /** Whether the space bar turns it on and off. */
  get isToggle() {
    return false;
  }

  /** Whether its editor is the cell itself. */
  get editsInPlace() {
    return false;
  }

  /** Whether a click anywhere in it begins to edit. */
  get editsByClick() {
    return this.isEditable && !this.isToggle;
  }

  get isShown() {
    return this.element.getClientRects().length > 0;
  }

  /** @param {string} field @returns {any} */
  value(field) {
    return this.app.drafts.value(this.model, field);
  }

  /** The words for an editor: "Name of Studio". */
  get label() {
    return `${this.column.label} of ${this.model.data.name}`;
  }

  /** Shows what is so now. */
  render() {
    if (!this.fields.length) return;
    const drafts = this.fields.flatMap((field) => this.app.drafts.get(this.model.id, field) ?? []);
    const { element } = this;
    const wrong = drafts.some(({ fault, theirs }) => fault || theirs);
    element.classList.toggle('dirty', drafts.length > 0);
    element.classList.toggle('wrong', wrong);
    setAttr(element, 'aria-readonly', this.isEditable ? null : 'true');
    setAttr(element, 'aria-invalid', wrong ? 'true' : null);
    const { giver } = this;
    element.classList.toggle('locked', Boolean(giver));
    if (giver) setAttr(element, 'title', `Given by ${giver.data.name}. Change it there.`);
  }

  /** Begins to edit in place. */
  edit() {
    this.enter();
  }

  /** Goes to the first thing in it that can be used. */
  enter() {
    const control = /** @type {HTMLElement|null} */ ([.../** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll('a, button, input'))].find((one) => one.getClientRects().length) ?? null);
    control?.focus();
  }

  /** Tab: to the next cell that can be edited. @param {boolean} back */
  moveOn(back) {
    this.element.dispatchEvent(new CustomEvent('moveon', { bubbles: true, detail: { back } }));
  }
}

/** A lock and who holds the key, beside a value that is a parent's. */
export function lockMark() {
  const name = el('span', { class: 'lock-name' });
  const element = el('span', { class: 'lock', hidden: true }, icon('lock'), name);
  return { element, name };
}
