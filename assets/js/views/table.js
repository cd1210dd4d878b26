// The instances: rows are made once, placed where they belong, and never rebuilt.
import { button, el, iconButton, isTyping, setText, show } from '../dom.js';
import { icon } from '../icons.js';
import { isDense, setDense } from '../prefs.js';
import { EmptyState } from './empty.js';
import { InstanceRow } from './row.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */

const COLUMNS = [
  ['name', 'Name'],
  ['blueprint', 'Blueprint'],
  ['status', 'Status'],
  ['gpu', 'GPU'],
  ['address', 'Address'],
  ['actions', 'Actions'],
];

/** All words anywhere, in any order; a number only where a number begins ("3" is not port 19003). @param {string} search @returns {(text: string) => boolean} */
function matcher(search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const numbers = words.filter((word) => /^\d+$/.test(word)).map((word) => new RegExp(`(^|\\D)${word}`));
  const plain = words.filter((word) => !/^\d+$/.test(word));
  return (text) => plain.every((word) => text.includes(word)) && numbers.every((number) => number.test(text));
}

export class InstanceTable {
  /** @type {Map<number, InstanceRow>} */
  rows = new Map();
  /** @type {InstanceRow|null} */
  current = null;
  #planned = false;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.refs = this.#create();
    const { instances, actions, server } = app;
    instances.addEventListener('add', (event) => this.#add(/** @type {CustomEvent<InstanceModel>} */ (event).detail));
    instances.addEventListener('remove', (event) => this.#remove(/** @type {CustomEvent<InstanceModel>} */ (event).detail));
    instances.addEventListener('order', () => this.#plan());
    instances.addEventListener('any', () => this.#plan());
    actions.addEventListener('pending', (event) => this.rows.get(/** @type {CustomEvent<number>} */ (event).detail)?.renderActions());
    server.addEventListener('change', () => this.refs.table.classList.toggle('no-gpu', server.gpuCount === 0));
    setInterval(() => !document.hidden && this.rows.forEach((row) => row.renderSince()), 1000);
  }

  #create() {
    const { app } = this;
    const count = el('span', { class: 'count' });
    const search = el('input', { type: 'search', class: 'search-input', placeholder: 'Search', 'aria-label': 'Search instances', autocomplete: 'off', spellcheck: 'false' });
    search.addEventListener('input', () => this.#filter());
    search.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && search.value) {
        search.value = '';
        this.#filter();
      } else if (event.key === 'ArrowDown' || event.key === 'Enter') this.#focusFirst();
      else return;
      event.preventDefault();
    });
    const dense = iconButton('dense', 'Dense rows', () => {
      setDense(!isDense());
      dense.setAttribute('aria-pressed', String(isDense()));
    }, 'only-wide');
    dense.setAttribute('aria-pressed', String(isDense()));
    const fresh = app.actions.page[0];
    const add = button(fresh.label, { icon: fresh.icon, primary: true, class: 'only-wide', on: { click: fresh.run } });
    const head = el(
      'header',
      { class: 'pane-head' },
      el('h2', { text: 'Instances' }),
      count,
      el('span', { class: 'spring' }),
      el('label', { class: 'search' }, icon('search'), search),
      dense,
      add,
    );
    const tbody = el('tbody', { role: 'rowgroup' });
    const table = el(
      'table',
      { class: 'instances no-gpu', role: 'table', 'aria-label': 'Instances' },
      el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...COLUMNS.map(([id, label]) => el('th', { class: `c-${id}`, role: 'columnheader', scope: 'col', text: label })))),
      tbody,
    );
    const none = el('p', { class: 'nothing', hidden: true });
    const empty = new EmptyState(app);
    const scroller = el('div', { class: 'scroller' }, table, none, empty.element);
    show(table, false);
    this.root.append(head, scroller);
    tbody.addEventListener('focusin', (event) => this.#take(/** @type {Node} */ (event.target)));
    tbody.addEventListener('pointerdown', (event) => this.#take(/** @type {Node} */ (event.target)));
    tbody.addEventListener('keydown', (event) => this.#keys(event));
    return { count, search, table, tbody, none, empty, scroller, add };
  }

  focusSearch() {
    this.refs.search.focus();
    this.refs.search.select();
  }

  /** @param {number} id */
  focusRow(id) {
    const row = this.rows.get(id);
    if (!row) return;
    if (row.element.hidden) {
      this.refs.search.value = '';
      this.#filter();
    }
    this.#setCurrent(row);
    row.element.focus();
    row.element.scrollIntoView({ block: 'nearest' });
  }

  /** Where the focus goes when what had it is gone. */
  focusCurrent() {
    this.current?.element.focus();
  }

  /** @param {InstanceModel} model */
  #add(model) {
    const row = new InstanceRow(this.app, model);
    row.setCurrent(false);
    this.rows.set(model.id, row);
    this.#plan();
  }

  /** @param {InstanceModel} model */
  #remove(model) {
    const row = this.rows.get(model.id);
    if (!row) return;
    this.rows.delete(model.id);
    const focused = row.element.contains(document.activeElement);
    const near = this.#visible()[Math.max(0, this.#visible().indexOf(row) - 1)];
    row.element.remove();
    if (this.current === row) {
      this.current = null;
      const next = near && near !== row ? near : this.#visible()[0];
      if (next) this.#setCurrent(next);
      if (focused) next?.element.focus();
    }
    this.#plan();
  }

  /** Lays out once for a burst of changes. */
  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#layOut();
    });
  }

  #layOut() {
    const { tbody } = this.refs;
    const rows = this.app.instances.sorted().flatMap((model) => this.rows.get(model.id) ?? []);
    rows.forEach((row, at) => {
      const there = tbody.children[at];
      if (there !== row.element) tbody.insertBefore(row.element, there ?? null);
      const next = rows[at + 1];
      row.element.classList.toggle('last-of-family', !next || next.model.data.parent_instance_id === null);
    });
    if (!this.current && rows[0]) this.#setCurrent(rows[0]);
    this.#filter();
    this.#count();
  }

  #count() {
    const all = [...this.app.instances.models.values()];
    const running = all.filter(({ data }) => data.status === 'started').length;
    const failed = all.filter(({ data }) => data.status === 'error' || data.status === 'stalled').length;
    const parts = [String(all.length), `${running} started`];
    if (failed) parts.push(`${failed} in trouble`);
    setText(this.refs.count, all.length ? parts.join(' · ') : '');
  }

  #filter() {
    let shown = 0;
    const fit = matcher(this.refs.search.value);
    for (const row of this.rows.values()) {
      const fits = fit(row.text);
      show(row.element, fits);
      if (fits) shown += 1;
    }
    const any = this.rows.size > 0;
    const { table, none, empty } = this.refs;
    show(table, any && shown > 0);
    show(none, any && shown === 0);
    setText(none, `No instance matches “${this.refs.search.value.trim()}”.`);
    empty.toggle(this.app.instances.known && !any);
  }

  #visible() {
    return /** @type {InstanceRow[]} */ ([...this.refs.tbody.children].flatMap((element) => {
      const row = this.rows.get(Number(/** @type {HTMLElement} */ (element).dataset.id));
      return row && !row.element.hidden ? [row] : [];
    }));
  }

  /** @param {InstanceRow} row */
  #setCurrent(row) {
    if (this.current === row) return;
    this.current?.setCurrent(false);
    this.current = row;
    row.setCurrent(true);
  }

  /** @param {Node} target */
  #take(target) {
    const element = target instanceof Element ? target.closest('tr') : null;
    const row = element ? this.rows.get(Number(element.dataset.id)) : undefined;
    if (row) this.#setCurrent(row);
  }

  #focusFirst() {
    const row = this.current && !this.current.element.hidden ? this.current : this.#visible()[0];
    if (!row) return;
    this.#setCurrent(row);
    row.element.focus();
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    const row = this.current;
    if (!row || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const rows = this.#visible();
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      const next = rows[Math.min(rows.length - 1, Math.max(0, to))];
      this.#setCurrent(next);
      next.element.focus();
    } else if (event.target === row.element && event.key === 'Enter' && !event.repeat) row.runPrimary();
    else if (event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) row.openMenu();
    else {
      const action = this.app.actions.instance.find(({ shortcut }) => shortcut === event.key);
      if (!action || event.repeat) return;
      void this.app.actions.run(action, row.model);
    }
    event.preventDefault();
  }
}
