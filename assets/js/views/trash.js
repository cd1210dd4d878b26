// What was deleted: how big it is, back again, or away for good.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { button, el, iconButton, setAttr, setText, show } from '../dom.js';
import { ago, bytes, moment } from '../format.js';
import { icon } from '../icons.js';
import { restore } from './restore-dialog.js';
import { Dialog } from './dialog.js';
import { keepUp } from './keyed.js';

/** @typedef {import('../api-panel.js').Trashed} Trashed */

/** Sizes are found out by the server meanwhile. */
const AGAIN = 1500;

export class TrashView {
  #life = new AbortController();
  #shown = false;
  #busy = false;
  #again = false;
  /** @type {number|undefined} */
  #timer;
  /** @type {Trashed[]|null} */
  #entries = null;

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.count = el('span', { class: 'muted' });
    this.empty = button('Empty the trash', { icon: 'delete', class: 'small', on: { click: () => this.#askEmpty() } });
    this.note = el('p', { class: 'nothing', role: 'status', text: 'Reading…' });
    this.body = el('tbody', {});
    /** @param {string} text @param {string} name */
    const head = (text, name) => el('th', { scope: 'col', class: name, text });
    this.table = el(
      'table',
      { class: 'sheet-table trash-table', 'aria-label': 'Trash' },
      el('thead', {}, el('tr', {}, head('Name', 't-name'), head('Blueprint', 't-blueprint'), head('Deleted', 't-when'), head('Size', 't-size'), head('Actions', 't-actions'))),
      this.body,
    );
    this.scroller = el('div', { class: 'sheet', tabindex: '0', role: 'region', 'aria-label': 'What is in the trash' }, this.note, this.table);
    this.element = el('div', { class: 'tool-view' }, el('div', { class: 'tool-bar' }, this.count, el('span', { class: 'spring' }), iconButton('restart', 'Look again', () => void this.load()), this.empty), this.scroller);
    show(this.table, false);
    show(this.empty, false);
    const { signal } = this.#life;
    // What leaves the list of instances may have come here, what came back has left.
    for (const name of ['add', 'remove']) app.instances.addEventListener(name, () => this.#soon(300), { signal });
    app.jobs.addEventListener('over', () => this.#soon(0), { signal });
    app.server.addEventListener('link', () => app.server.link === 'live' && this.#soon(0), { signal });
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    clearTimeout(this.#timer);
    if (shown) void this.load();
  }

  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  close() {
    this.#shown = false;
    this.#life.abort();
    clearTimeout(this.#timer);
  }

  /** @param {number} wait */
  #soon(wait) {
    if (!this.#shown) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), wait);
  }

  async load() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      this.#entries = await panel.trash();
      this.#render();
      if (this.#entries.some(({ size }) => size === null)) this.#soon(AGAIN);
    } catch (error) {
      setText(this.note, `The trash could not be read: ${sentence(error)}`);
      show(this.note, true);
    } finally {
      this.#busy = false;
      if (this.#again) {
        this.#again = false;
        this.#soon(0);
      }
    }
  }

  #render() {
    const entries = this.#entries ?? [];
    keepUp(this.body, entries, (entry) => this.#row(entry));
    const known = entries.reduce((sum, { size }) => sum + (size ?? 0), 0);
    const open = entries.some(({ size }) => size === null);
    setText(this.count, entries.length ? `${entries.length === 1 ? '1 entry' : `${entries.length} entries`} · ${open ? 'more than ' : ''}${bytes(known)}` : '');
    setText(this.note, entries.length ? '' : 'The trash is empty. Deleted instances and files come here first, and can be put back.');
    show(this.note, entries.length === 0);
    show(this.table, entries.length > 0);
    show(this.empty, entries.length > 0);
  }

  /** @param {Trashed} entry */
  #row(entry) {
    const back = button('Put back', { icon: 'undo', class: 'small', on: { click: () => void this.#back(entry, back) } });
    setAttr(back, 'aria-label', `Put back: ${entry.title}`);
    const gone = iconButton('delete', `Delete ${entry.title} for good`, () => this.#askForget(entry));
    const size = entry.size === null ? el('span', { class: 'muted', text: 'being counted…' }) : el('span', { text: bytes(entry.size) });
    /** @param {string} name @param {...(Node|null)} rest */
    const cell = (name, ...rest) => el('td', { class: name }, ...rest);
    return el(
      'tr',
      {},
      cell(
        't-name',
        el('strong', { class: 'ellipsis', text: entry.title }),
        entry.from ? el('span', { class: 'hint', text: `from ${entry.from}` }) : null,
        entry.outputs ? el('span', { class: 'hint', text: 'with its outputs' }) : null,
        entry.why_not ? el('span', { class: 'hint', text: entry.why_not }) : null,
      ),
      cell('t-blueprint', el('span', { class: 'mono muted ellipsis', text: entry.kind === 'files' ? '' : (entry.blueprint ?? '–') })),
      cell('t-when', el('span', { title: moment(entry.deleted_at), text: `${ago(entry.deleted_at)} ago` })),
      cell('t-size', size),
      cell('t-actions', el('span', { class: 'cell' }, back, gone)),
    );
  }

  /** @param {Trashed} entry @param {HTMLButtonElement} back */
  async #back(entry, back) {
    back.disabled = true;
    try {
      await restore(this.app, entry);
    } finally {
      back.disabled = false;
      void this.load();
    }
  }

  /** @param {Trashed} entry */
  #askForget(entry) {
    const size = entry.size === null ? '' : ` (${bytes(entry.size)})`;
    this.#confirm({
      title: `Delete ${entry.title} for good?`,
      submit: 'Delete for good',
      words: entry.kind === 'files' ? `${entry.title}${size} cannot be put back then.` : `Its folder${entry.outputs ? ', its outputs included,' : ''}${size} is removed from the disk. It cannot be put back.`,
      work: () => panel.forget(entry.name),
      done: `${entry.title} is being removed for good.`,
    });
  }

  #askEmpty() {
    const entries = this.#entries ?? [];
    this.#confirm({
      title: 'Empty the trash?',
      submit: 'Empty the trash',
      words: `${entries.length === 1 ? `${entries[0].title} is` : `All ${entries.length} entries are`} removed from the disk. Nothing of it can be put back.`,
      work: () => panel.emptyTrash(),
      done: 'The trash is being emptied. Activity shows how far that is.',
    });
  }

  /** @param {{ title: string, submit: string, words: string, work: () => Promise<unknown>, done: string }} what */
  #confirm({ title, submit, words, work, done }) {
    const dialog = new Dialog({
      title,
      className: 'dialog-delete',
      submit,
      danger: true,
      onSubmit: async () => {
        await work();
        dialog.close();
        this.app.toasts.show('ok', done);
        await this.load();
        this.focus();
      },
    });
    dialog.body.append(el('p', {}, icon('warn'), ' ', words));
    dialog.body.firstElementChild?.classList.add('with-icon');
    dialog.open(dialog.cancel);
  }
}
