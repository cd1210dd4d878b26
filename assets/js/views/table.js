// The instances: rows are made once, placed where they belong, and never rebuilt.
import { el, isPhone, setText, show } from '../dom.js';
import { FILTERS, arrange, matcher } from '../table/arrange.js';
import { dragFamilies } from '../table/drag.js';
import { tableKeys } from '../table/keys.js';
import { place } from '../table/place.js';
import { EmptyState } from './empty.js';
import { GroupRow } from './group-row.js';
import { InstanceRow } from './row.js';
import { TableBar } from './table-bar.js';
import { TableHead } from './table-head.js';
import { createTableTools } from './table-tools.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {import('../table/keys.js').Line} Line */

/** Between two layouts, in ms: rows show what is so without one. */
const PAUSE = 50;

export class InstanceTable {
  /** @type {Map<number, InstanceRow>} */
  rows = new Map();
  /** The row or heading in hand. @type {Line|null} */
  current = null;
  /** Headings by label. @type {Map<string|null, GroupRow>} */
  #groups = new Map();
  /** The family of each root: what is dragged. @type {Map<number, HTMLTableSectionElement>} */
  #families = new Map();
  /** What was to be seen when it was laid out last. @type {Line[]} */
  #drawn = [];
  #planned = false;
  #laidAt = -Infinity;
  #held = false;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.head = new TableHead(app);
    this.refs = this.#create();
    const { instances, actions, server, columns, drafts, selection } = app;
    instances.addEventListener('add', (event) => this.#add(/** @type {CustomEvent<InstanceModel>} */ (event).detail));
    for (const name of ['remove', 'order', 'any']) instances.addEventListener(name, () => this.#plan());
    actions.addEventListener('pending', (event) => this.rows.get(/** @type {CustomEvent<number>} */ (event).detail)?.renderActions());
    drafts.addEventListener('change', (event) => this.rows.get(/** @type {CustomEvent<number>} */ (event).detail)?.renderDraft());
    drafts.addEventListener('lost', (event) => app.toasts.show('warn', `${/** @type {CustomEvent<InstanceModel>} */ (event).detail.data.name} was deleted meanwhile, and your changes to it with it.`));
    selection.addEventListener('change', () => this.#renderPicked());
    columns.addEventListener('change', () => {
      this.head.render(this.refs.table);
      this.#plan();
    });
    server.addEventListener('change', () => this.#checkGpus());
    app.catalogue.addEventListener('change', () => this.rows.forEach((row) => row.render()));
    app.catalogue.addEventListener('desktop', () => this.rows.forEach((row) => row.cells.persistent.render()));
    server.addEventListener('stats', () => {
      this.rows.forEach((row) => row.renderStats());
      if (columns.sort?.by === 'use') this.#plan();
    });
    setInterval(() => !document.hidden && this.rows.forEach((row) => row.renderSince()), 1000);
    this.head.render(this.refs.table);
    dragFamilies(this.refs.table, app, (held) => {
      this.#held = held;
      if (!held) this.#plan();
    });
  }

  #create() {
    const { app } = this;
    const { element: tools, renderCount: count, search, status } = createTableTools(app, { filter: () => this.#filter(), leave: () => this.#focusFirst() });
    const table = el('table', { class: 'instances', role: 'treegrid', 'aria-label': 'Instances', 'aria-multiselectable': 'true' }, this.head.colgroup, this.head.element);
    const none = el('p', { class: 'nothing', hidden: true });
    const empty = new EmptyState(app);
    const scroller = el('div', { class: 'scroller' }, table, none, empty.element);
    const bar = new TableBar(app);
    show(table, false);
    this.root.append(tools, scroller, bar.element);
    table.addEventListener('focusin', (event) => this.#take(/** @type {Node} */ (event.target)));
    table.addEventListener('pointerdown', (event) => this.#take(/** @type {Node} */ (event.target)));
    table.addEventListener('keydown', (event) => event.target instanceof Element && event.target.closest('tbody') && tableKeys(event, this));
    table.addEventListener('click', (event) => this.#click(event));
    table.addEventListener('moveon', (event) => this.#moveOn(event.target, /** @type {CustomEvent<{ back: boolean }>} */ (event).detail.back));
    return { count, search, status, table, none, empty };
  }

  focusSearch() {
    this.refs.search.focus();
    this.refs.search.select();
  }

  /** @param {number} id */
  focusRow(id) {
    const row = this.rows.get(id);
    if (!row) return;
    this.reveal(id);
    this.setCurrent(row);
    row.element.focus();
    row.element.scrollIntoView({ block: 'nearest' });
  }

  /** Takes away what hides a row. @param {number} id */
  reveal(id) {
    this.#layOut();
    const row = this.rows.get(id);
    if (!row?.element.hidden) return;
    this.refs.search.value = '';
    this.refs.status.value = 'all';
    const root = this.app.instances.get(row.model.data.parent_instance_id) ?? row.model;
    this.app.columns.fold(root.data.group || '', false);
    this.#layOut();
  }

  /** Where the focus goes when what had it is gone. */
  focusCurrent() {
    this.current?.element.focus();
  }

  /** What is to be seen, from top to bottom. @returns {Line[]} */
  get lines() {
    return [...this.refs.table.tBodies].flatMap((body) =>
      [...body.rows].flatMap((element) => {
        const line = this.#lineOf(element);
        return line && line.element === element && !element.hidden ? [line] : [];
      }),
    );
  }

  get visibleIds() {
    return this.lines.flatMap((line) => ('model' in line ? line.model.id : []));
  }

  /** @param {Line} line */
  setCurrent(line) {
    if (this.current === line) return;
    this.current?.setCurrent(false);
    this.current = line;
    line.setCurrent(true);
  }

  /** A tick in a row was clicked. @param {InstanceRow} row @param {boolean} range @param {boolean} on */
  pick(row, range, on) {
    if (range) this.app.selection.reach(row.model.id, this.visibleIds);
    else this.app.selection.toggle(row.model.id, on);
    this.#renderPicked();
  }

  #renderPicked() {
    const { selection } = this.app;
    for (const row of this.rows.values()) row.setPicked(selection.has(row.model.id));
    this.head.renderPicked(selection.size, this.visibleIds.length);
  }

  #checkGpus() {
    const { server, instances, columns } = this.app;
    columns.setGpus(server.gpuCount > 0 || [...instances.models.values()].some(({ data }) => data.gpu_ids));
  }

  /** @param {InstanceModel} model */
  #add(model) {
    const row = new InstanceRow(this.app, model);
    row.setCurrent(false);
    this.rows.set(model.id, row);
    this.#plan();
  }

  /** Lays out at once, and then once for a burst of changes. */
  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    const laidOut = () => {
      this.#planned = false;
      this.#layOut();
      this.#laidAt = performance.now();
    };
    const wait = this.#laidAt + PAUSE - performance.now();
    if (wait > 0) setTimeout(laidOut, wait);
    else queueMicrotask(laidOut);
  }

  /** Puts everything where it belongs; nothing moves under somebody's hand while they drag. */
  #layOut() {
    if (this.#held) return;
    const { app } = this;
    this.#checkGpus();
    const before = this.#drawn;
    const focused = this.current?.element.contains(document.activeElement) ?? false;
    for (const id of this.rows.keys()) if (!app.instances.get(id)) this.rows.delete(id);
    const sections = arrange(app.instances.sorted(), app.columns.sort);
    const grouped = sections.some(({ label }) => label !== null);
    const bodies = sections.flatMap((section) => [
      ...(grouped ? [this.#heading(section)] : []),
      ...section.families.map(({ root, members }) => {
        const body = this.#families.get(root.id) ?? el('tbody', { class: 'family', role: 'rowgroup', data: { root: root.id } });
        this.#families.set(root.id, body);
        const rows = members.flatMap(({ id }) => this.rows.get(id) ?? []);
        rows.forEach((row) => row.setLevel(1 + Number(grouped) + Number(row.model !== root)));
        place(body, rows.flatMap((row) => row.elements));
        return body;
      }),
    ]);
    place(this.refs.table, bodies, this.head.element);
    for (const id of this.#families.keys()) if (!this.rows.has(id)) this.#families.delete(id);
    for (const label of this.#groups.keys()) if (!grouped || !sections.some((section) => section.label === label)) this.#groups.delete(label);
    for (const wide of this.refs.table.querySelectorAll('.row-note > td, .group-row > td')) /** @type {HTMLTableCellElement} */ (wide).colSpan = app.columns.shown.length;
    this.#filter();
    this.#drawn = this.lines;
    this.#keepCurrent(before, focused);
    this.refs.count();
  }

  /** @param {import('../table/arrange.js').Section} section */
  #heading(section) {
    const { label } = section;
    const group = this.#groups.get(label) ?? new GroupRow(this.app, label);
    this.#groups.set(label, group);
    group.render(section.families.flatMap(({ members }) => members), !this.app.columns.isClosed(label ?? ''));
    return group.body;
  }

  /** When what was in hand is gone, its neighbour is. @param {Line[]} before @param {boolean} focused */
  #keepCurrent(before, focused) {
    const lines = this.#drawn;
    if (this.current && (lines.includes(this.current) || this.current.element.isConnected)) return;
    const at = this.current ? before.indexOf(this.current) : -1;
    const next = before.slice(0, Math.max(0, at)).reverse().find((line) => lines.includes(line)) ?? lines.find((line) => 'model' in line) ?? null;
    this.current = null;
    if (next) this.setCurrent(next);
    if (focused) next?.element.focus();
  }

  #filter() {
    const { table, none, empty, search, status } = this.refs;
    let shown = 0;
    const fit = matcher(search.value);
    const { statuses } = FILTERS[status.value];
    const looking = search.value.trim() !== '' || statuses.length > 0;
    for (const row of this.rows.values()) {
      const { model } = row;
      const fits = fit(row.text) && (!statuses.length || statuses.includes(model.data.status));
      const root = this.app.instances.get(model.data.parent_instance_id) ?? model;
      // A search looks into folded groups too.
      const open = looking || !this.#groups.size || !this.app.columns.isClosed(root.data.group || '');
      show(row.element, fits && open);
      row.note.element.classList.toggle('folded', !(fits && open));
      if (fits) shown += 1;
    }
    for (const [label, group] of this.#groups) {
      const any = [...this.rows.values()].some((row) => !row.element.hidden && ((this.app.instances.get(row.model.data.parent_instance_id) ?? row.model).data.group || null) === label);
      show(group.element, any || !looking);
    }
    const any = this.rows.size > 0;
    show(table, any && shown > 0);
    show(none, any && shown === 0);
    setText(none, search.value.trim() ? `No instance matches “${search.value.trim()}”.` : `No instance is ${FILTERS[status.value].label.toLowerCase()}.`);
    empty.toggle(this.app.instances.known && !any);
  }

  /** @param {Element|null} element @returns {Line|undefined} */
  #lineOf(element) {
    const line = element?.closest('tr');
    if (!line) return undefined;
    if (line.dataset.id) return this.rows.get(Number(line.dataset.id));
    return [...this.#groups.values()].find((group) => group.element === line);
  }

  /** @param {Node} target */
  #take(target) {
    const line = this.#lineOf(target instanceof Element ? target : null);
    if (line) this.setCurrent(line);
  }

  #focusFirst() {
    const { lines } = this;
    const line = this.current && lines.includes(this.current) ? this.current : lines.find((one) => 'model' in one);
    if (!line) return;
    this.setCurrent(line);
    line.element.focus();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target : null;
    const row = this.#lineOf(target);
    if (!target || !row || !('model' in row) || target.closest('a, button, input, label')) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return this.pick(row, event.shiftKey, !this.app.selection.has(row.model.id));
    const cell = row.cellOf(target);
    // On a phone a tap is to look; Edit is in the menu there.
    if (cell?.editsByClick && !isPhone()) cell.edit();
  }

  /** To the next cell that can be edited; a text is edited at once. @param {EventTarget|null} from @param {boolean} back */
  #moveOn(from, back) {
    const cells = this.lines.flatMap((line) => ('model' in line ? line.visibleCells.filter((cell) => cell.isEditable) : []));
    const at = cells.findIndex((cell) => cell.element === from);
    const next = cells[at + (back ? -1 : 1)];
    if (!next) return;
    next.element.focus();
    if (next.editsInPlace) next.edit();
  }
}
