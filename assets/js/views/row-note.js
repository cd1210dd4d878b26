// What stands below a row whose changes can't be saved as they are: reasons, and what somebody else changed meanwhile.
import { button, el, setAttr } from '../dom.js';
import { icon } from '../icons.js';
import { FIELDS, inWords } from '../table/fields.js';

export class RowNote {
  #drawn = '';

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.list = el('ul', { class: 'note-list' });
    this.element = el('tr', { class: 'row-note', role: 'row', hidden: true }, el('td', { role: 'gridcell' }, this.list));
  }

  /** Says whether there is anything to say. */
  render() {
    const { drafts } = this.app;
    const { id } = this.model;
    const members = [...drafts.of(id)];
    const state = JSON.stringify([drafts.fault(id), members.map(([field, { fault, theirs, value }]) => [field, fault, theirs, theirs && value])]);
    const lines = members.filter(([, { fault, theirs }]) => fault || theirs);
    this.element.hidden = !lines.length && !drafts.fault(id);
    // Untouched while it says the same: a button in it may have the focus.
    if (state === this.#drawn) return;
    this.#drawn = state;
    const had = this.list.contains(document.activeElement);
    this.list.replaceChildren(...lines.map(([field, draft]) => this.#line(field, draft)), ...(drafts.fault(id) ? [this.#reason(null, /** @type {string} */ (drafts.fault(id)))] : []));
    if (had) (this.list.querySelector('button') ?? this.app.table.rows.get(id)?.element)?.focus();
  }

  /** @param {string} field @param {import('../table/drafts.js').Draft} draft */
  #line(field, draft) {
    if (!draft.theirs) return this.#reason(field, draft.fault ?? '');
    const { drafts } = this.app;
    const { model } = this;
    const theirs = inWords(field, draft.theirs.value);
    const yours = inWords(field, draft.value);
    const take = button(`Take ${theirs}`, { class: 'small', on: { click: () => drafts.discard(model.id, [field]) } });
    const keep = button(`Keep ${yours}`, { class: 'small', on: { click: () => drafts.keep(model.id, field) } });
    for (const [one, words] of /** @type {const} */ ([[take, `Take ${theirs}`], [keep, `Keep ${yours}`]])) setAttr(one, 'aria-label', `${words} for ${FIELDS[field].label} of ${model.data.name}`);
    return el('li', { class: 'note-theirs' }, icon('info'), el('span', {}, el('strong', { text: FIELDS[field].label }), ` was changed to ${theirs} meanwhile; you want ${yours}.`), take, keep);
  }

  /** @param {string|null} field @param {string} why */
  #reason(field, why) {
    return el('li', { class: 'note-fault' }, icon('error'), el('span', { role: 'alert' }, field ? el('strong', { text: `${FIELDS[field].label}: ` }) : null, why));
  }
}
