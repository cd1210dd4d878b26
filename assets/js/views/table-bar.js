// What is going on in the table as a whole: rows that are selected, and changes that are not saved.
import { button, el, iconButton, setText, show } from '../dom.js';
import { bulkActions, runMany } from '../table/bulk.js';
import { openGroupDialog } from './group-dialog.js';

/** @param {number} count @param {string} one */
export const many = (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`;

/** How long a discard can be taken back, in ms. */
const UNDO_FOR = 10_000;

export class TableBar {
  busy = false;
  /** @type {(() => void)|null} */
  #undo = null;
  /** @type {number|undefined} */
  #timer;

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    const { selection, drafts } = app;
    this.picked = el('span', { class: 'bar-words', role: 'status' });
    this.buttons = bulkActions(app).map((action) => ({
      action,
      element: button(action.label, { icon: action.icon, class: 'small', on: { click: () => void this.#run(action) } }),
    }));
    const group = button('Group…', { icon: 'group', class: 'small', on: { click: () => openGroupDialog(app, selection.models) } });
    const clear = iconButton('close', 'Select nothing', () => {
      selection.clear();
      app.table.focusCurrent();
    });
    this.selection = el('div', { class: 'bar-part', role: 'group', 'aria-label': 'Selected instances' }, this.picked, ...this.buttons.map(({ element }) => element), group, clear);
    this.changed = el('span', { class: 'bar-words' });
    const discard = button('Discard', { quiet: true, class: 'small', on: { click: () => this.#discard() } });
    this.save = button('Save', { icon: 'save', primary: true, class: 'small', title: 'Look at all changes, then save them (Ctrl S)', on: { click: () => app.dialogs.review() } });
    this.changes = el('div', { class: 'bar-part bar-changes', role: 'group', 'aria-label': 'Changes that are not saved' }, this.changed, el('span', { class: 'spring' }), discard, this.save);
    this.gone = el('span', { class: 'bar-words', role: 'status' });
    this.undo = button('Undo', { icon: 'restart', class: 'small', on: { click: () => this.#takeBack() } });
    this.discarded = el('div', { class: 'bar-part' }, this.gone, this.undo);
    this.element = el('div', { class: 'table-bar', hidden: true }, this.selection, this.changes, this.discarded);
    selection.addEventListener('change', () => this.render());
    drafts.addEventListener('change', () => this.render());
    app.instances.addEventListener('any', () => selection.size && this.render());
    document.addEventListener('keydown', (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's' || !drafts.size || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      // What is being typed counts too.
      /** @type {HTMLElement|null} */ (document.activeElement)?.blur();
      app.dialogs.review();
    });
    addEventListener('beforeunload', (event) => drafts.size && event.preventDefault());
  }

  render() {
    const { selection, drafts, actions } = this.app;
    show(this.selection, selection.size > 0);
    show(this.changes, drafts.size > 0);
    show(this.discarded, Boolean(this.#undo));
    show(this.element, selection.size > 0 || drafts.size > 0 || Boolean(this.#undo));
    if (!this.busy) setText(this.picked, `${selection.size} selected`);
    const { models } = selection;
    for (const { action, element } of this.buttons) element.toggleAttribute('disabled', Boolean(this.busy) || !models.some((model) => actions.enabled(action, model) === true));
    const count = drafts.models.reduce((sum, { id }) => sum + drafts.of(id).size, 0);
    setText(this.changed, `${many(count, 'change')} in ${many(drafts.size, 'instance')}, not saved yet`);
    const label = this.save.querySelector('.button-label');
    if (label) setText(label, `Save (${drafts.size})`);
  }

  /** @param {import('../actions.js').Action} action */
  async #run(action) {
    const { app } = this;
    const { models } = app.selection;
    if (action.id === 'delete') return app.dialogs.removeMany(models);
    this.busy = true;
    this.render();
    await runMany(app, action, models, (done) => setText(this.picked, `${action.label}: ${done} of ${models.length}…`));
    this.busy = false;
    this.render();
  }

  #takeBack() {
    this.#undo?.();
    this.#forget();
  }

  #discard() {
    const { app } = this;
    const { drafts } = app;
    const kept = drafts.models.map((model) => ({ model, members: [...drafts.of(model.id)].map(([field, { value }]) => ({ field, value })) }));
    drafts.discard();
    setText(this.gone, `${many(kept.length, 'instance')} as before.`);
    this.#undo = () => kept.forEach(({ model, members }) => members.forEach(({ field, value }) => app.instances.get(model.id) && drafts.set(model, field, value)));
    this.render();
    this.undo.focus();
    this.#timer = setTimeout(() => this.#forget(), UNDO_FOR);
  }

  #forget() {
    clearTimeout(this.#timer);
    const had = this.discarded.contains(document.activeElement);
    this.#undo = null;
    this.render();
    if (had) this.app.table.focusCurrent();
  }
}
