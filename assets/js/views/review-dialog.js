// All changes before they are saved, from the server's own dry run: what becomes of what, and what restarts for it.
import { el, setText, show } from '../dom.js';
import { icon } from '../icons.js';
import { STATUS_WORD } from '../format.js';
import { FIELDS, inWords } from '../table/fields.js';
import { Dialog } from './dialog.js';
import { many } from './table-bar.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {import('../table/saver.js').Outlook} Outlook */

/** @param {App} app @param {InstanceModel[]} [models] all that have changes, unless said */
export function openReviewDialog(app, models) {
  const wanted = (models ?? app.drafts.models).filter(({ id }) => app.drafts.has(id));
  if (wanted.length) new ReviewDialog(app, wanted);
}

class ReviewDialog {
  #life = new AbortController();
  #asked = 0;
  #saving = false;
  /** @type {Outlook[]} */
  #outlooks = [];

  /** @param {App} app @param {InstanceModel[]} models */
  constructor(app, models) {
    this.app = app;
    this.models = models;
    this.dialog = new Dialog({ title: 'Save changes', className: 'dialog-review', submit: 'Save', onSubmit: () => this.#save(), onClose: () => this.#life.abort() });
    this.list = el('div', { class: 'review' });
    this.waiting = el('p', { class: 'nothing', role: 'status', text: 'Asking the server what this would do…' });
    this.noticeText = el('p', {});
    this.dialog.notice.append(icon('restart'), this.noticeText);
    this.dialog.body.append(this.waiting, this.list);
    this.dialog.setReady(false);
    this.dialog.open(this.dialog.cancel);
    const { signal } = this.#life;
    // Somebody else may change something while this is being read.
    app.drafts.addEventListener('change', (event) => {
      const id = /** @type {CustomEvent<number>} */ (event).detail;
      if (!this.#saving && this.#outlooks.some(({ model, plan }) => model.id === id && plan)) void this.#ask();
    }, { signal });
    void this.#ask();
  }

  async #ask() {
    const asked = (this.#asked += 1);
    this.models = this.models.filter(({ id }) => this.app.drafts.has(id));
    if (!this.models.length) return this.dialog.close();
    this.#outlooks = [];
    const outlooks = await this.app.saver.plan(this.models);
    if (asked !== this.#asked || !this.dialog.isOpen) return;
    this.#outlooks = outlooks;
    show(this.waiting, false);
    this.list.replaceChildren(...outlooks.map((outlook) => this.#section(outlook)));
    this.#sum();
  }

  get #able() {
    return this.#outlooks.filter(({ plan }) => plan);
  }

  /** What the whole of it does, in words. */
  #sum() {
    const able = this.#able;
    const restarts = able.filter(({ plan }) => plan?.restarts);
    const names = restarts.map(({ model }) => model.data.name);
    setText(this.dialog.title, `Save changes to ${many(this.#outlooks.length, 'instance')}`);
    setText(this.noticeText, `${list(names)} ${names.length === 1 ? 'is' : 'are'} running and will be stopped and started again.`);
    show(this.dialog.notice, restarts.length > 0);
    const label = this.dialog.submit.querySelector('.button-label');
    const words = able.length === this.#outlooks.length ? 'Save' : `Save ${able.length} of ${this.#outlooks.length}`;
    if (label) setText(label, restarts.length ? `${words} and restart ${restarts.length}` : words);
    this.dialog.setReady(able.length > 0);
    if (able.length && document.activeElement === this.dialog.cancel) this.dialog.submit.focus();
  }

  /** @param {Outlook} outlook */
  #section({ model, plan }) {
    const { data } = model;
    const drafts = [...this.app.drafts.of(model.id)];
    const fault = this.app.drafts.fault(model.id);
    const state = el('span', { class: 'status', data: { status: data.status } }, icon(data.status), STATUS_WORD[data.status]);
    const lines = drafts.map(([field, draft]) => {
      const change = plan?.changes[field];
      const cold = plan?.cold.includes(field) ?? false;
      const when = !plan ? '' : cold ? (plan.restarts ? 'restarts it' : 'at its next start') : 'at once';
      return el(
        'li',
        { class: 'review-line' },
        el('span', { class: 'review-field', text: FIELDS[field].label }),
        el('span', { class: 'review-values' }, el('del', { text: inWords(field, draft.base) }), el('span', { class: 'review-arrow', 'aria-label': 'becomes', role: 'img', text: '→' }), el('ins', { text: inWords(field, change ? change.new : draft.value) })),
        el('span', { class: `review-when${cold && plan?.restarts ? ' cold' : ''}`, text: when }),
        draft.fault ? el('p', { class: 'field-error', role: 'alert', text: draft.fault }) : null,
        draft.theirs ? el('p', { class: 'field-error', role: 'alert', text: `It was changed to ${inWords(field, draft.theirs.value)} meanwhile. Choose in the table which of the two it shall be.` }) : null,
        field === 'output_path' && plan ? el('p', { class: 'hint', text: 'Files that are there already stay where they are.' }) : null,
      );
    });
    const moved = plan?.changes.slug ? el('p', { class: 'hint', text: `Its address becomes ${plan.urls.path ?? plan.urls.host ?? ''}` }) : null;
    const follow = plan ? this.#followers(model, plan) : null;
    return el(
      'section',
      { class: plan ? 'review-part' : 'review-part refused', 'aria-label': data.name },
      el('h3', {}, el('span', { class: 'ellipsis', text: data.name }), state, plan ? null : el('span', { class: 'review-out', text: 'is not saved' })),
      fault ? el('p', { class: 'field-error', role: 'alert', text: fault }) : null,
      el('ul', {}, ...lines),
      moved,
      follow,
    );
  }

  /** Satellites take over what they have of their parent. @param {InstanceModel} model @param {import('../types.js').Planned} plan */
  #followers(model, plan) {
    const satellites = this.app.instances.satellites(model.id).map(({ data }) => data.name);
    const passed = Object.keys(plan.changes).filter((field) => FIELDS[field]?.inherited && field !== 'group');
    if (!satellites.length || !passed.length) return null;
    return el('p', { class: 'hint', text: `${list(satellites)} ${satellites.length === 1 ? 'takes' : 'take'} it over at the next start.` });
  }

  async #save() {
    const { app, dialog } = this;
    this.#saving = true;
    const models = this.#able.map(({ model }) => model);
    const restarts = new Set(this.#able.flatMap(({ model, plan }) => (plan?.restarts ? model.id : [])));
    const label = dialog.submit.querySelector('.button-label');
    let through = 0;
    if (label && models.length > 1) setText(label, `Saving 1 of ${models.length}…`);
    const { saved, failed } = await app.saver.save(models, () => {
      through += 1;
      if (label && through < models.length) setText(label, `Saving ${through + 1} of ${models.length}…`);
    });
    this.#saving = false;
    dialog.close();
    const again = saved.filter(({ id, applied }) => applied === 'cold' && restarts.has(id)).length;
    const words = [saved.length ? `${saved.length === 1 ? `${saved[0].name} is` : `${saved.length} instances are`} saved${again ? (saved.length === 1 ? ' and restarts' : `, ${again} of them ${again === 1 ? 'restarts' : 'restart'}`) : ''}.` : ''];
    if (failed.length) words.push(`${list(failed.map(({ data }) => data.name))} could not be saved: the reason stands in the table.`);
    app.toasts.show(failed.length ? 'error' : 'ok', words.filter(Boolean).join(' '));
    const [first] = failed;
    if (first) app.table.focusRow(first.id);
    else app.table.focusCurrent();
  }
}

/** "a", "a and b", "a, b and c". @param {string[]} words */
const list = (words) => (words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? ''));
