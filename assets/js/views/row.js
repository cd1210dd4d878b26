// One instance as one row: built once, then only changed.
import { el, iconButton, setAttr, setText, show } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { STATUS_WORD } from '../format.js';
import { COLUMNS } from '../table/columns.js';
import { AddressCell } from './cells/address-cell.js';
import { Cell } from './cells/cell.js';
import { BlueprintCell, EnvironmentCell, GpuCell, PersistentCell, TickCell } from './cells/setting-cells.js';
import { StatusCell } from './cells/status-cell.js';
import { TextCell } from './cells/text-cell.js';
import { UseCell } from './cells/use-cell.js';
import { toggleRowMenu } from './menu.js';
import { RowNote } from './row-note.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {import('../app.js').App} App */

/** @param {string} name @param {string} title */
function mark(name, title) {
  return el('span', { class: 'mark', title, role: 'img', 'aria-label': title }, icon(name));
}

export class InstanceRow {
  /** What a search looks at. */
  text = '';

  /** @param {App} app @param {InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.refs = this.#create();
    this.cells = this.#cells();
    this.element = el('tr', { class: 'row', role: 'row', tabindex: '-1', data: { id: model.id } }, ...COLUMNS.map(({ id }) => this.cells[id].element));
    this.note = new RowNote(app, model);
    model.addEventListener('change', () => this.render());
    this.render();
  }

  /** What stands in the table for it. */
  get elements() {
    return [this.element, this.note.element];
  }

  #create() {
    const { app, model } = this;
    const grip = el('button', { type: 'button', class: 'grip', title: 'Drag to move, or use Alt with the arrow keys' }, icon('grip'));
    const pick = el('input', { type: 'checkbox', class: 'tick-box pick' });
    pick.addEventListener('click', (event) => app.table.pick(this, event.shiftKey, pick.checked));
    const autostart = mark('power', 'Starts together with AiKore');
    const desktop = mark('desktop', 'Runs in a desktop on the server: closing the browser loses nothing');
    autostart.classList.add('mark-autostart');
    desktop.classList.add('mark-persistent');
    const notes = iconButton('note', 'What was repaired when this instance was imported', () => app.dialogs.notes(model), 'mark-button');
    const primaryIcon = icon('start');
    const primaryLabel = el('span', { class: 'button-label' });
    const primary = el('button', { type: 'button', class: 'button primary-action', on: { click: (/** @type {MouseEvent} */ event) => this.#primary(event) } }, primaryIcon, primaryLabel);
    const more = iconButton('more', 'More actions', () => toggleRowMenu(app, model, more), 'more');
    setAttr(more, 'aria-haspopup', 'menu');
    setAttr(more, 'aria-expanded', 'false');
    return { grip, pick, autostart, desktop, notes, primary, primaryIcon, primaryLabel, more };
  }

  /** @returns {Record<string, Cell>} */
  #cells() {
    const { app, model, refs } = this;
    const { grip, pick, autostart, desktop, notes, primary, more } = refs;
    const groups = () => [...new Set([...app.instances.models.values()].flatMap(({ data }) => data.group || []))].sort();
    const cells = {
      pick: new Cell(app, model, 'pick'),
      name: new TextCell(app, model, 'name', { field: 'name', class: 'name-text', also: [autostart, desktop, notes] }),
      blueprint: new BlueprintCell(app, model),
      environment: new EnvironmentCell(app, model),
      output: new TextCell(app, model, 'output', { field: 'output_path', plain: () => model.data.name }),
      gpus: new GpuCell(app, model),
      autostart: new TickCell(app, model, 'autostart'),
      persistent: new PersistentCell(app, model),
      status: new StatusCell(app, model),
      address: new AddressCell(app, model),
      use: new UseCell(app, model),
      group: new TextCell(app, model, 'group', { field: 'group', words: groups }),
      actions: new Cell(app, model, 'actions'),
    };
    cells.pick.element.append(el('span', { class: 'cell' }, grip, pick));
    cells.actions.element.append(el('span', { class: 'cell' }, primary, more));
    this.status = cells.status;
    this.gpus = cells.gpus;
    return cells;
  }

  render() {
    const { refs, model, app, element } = this;
    const { data } = model;
    const isSatellite = Boolean(app.instances.get(data.parent_instance_id));
    element.dataset.status = data.status;
    element.classList.toggle('satellite', isSatellite);
    // The one whose screen can be looked at.
    element.toggleAttribute('data-desktop', Boolean(data.desktop));
    for (const cell of Object.values(this.cells)) cell.render();
    setAttr(refs.more, 'aria-label', `More actions for ${data.name}`);
    setAttr(refs.pick, 'aria-label', `Select ${data.name}`);
    setAttr(refs.grip, 'aria-label', `Move ${data.name}: drag, or Alt with the arrow keys`);
    show(refs.grip, !isSatellite);
    show(refs.autostart, data.autostart);
    show(refs.desktop, data.persistent_mode);
    show(refs.notes, (data.import_notes ?? []).length > 0);
    this.renderActions();
    this.renderDraft();
    this.text = [data.name, data.base_blueprint, data.slug, data.output_path, data.group, STATUS_WORD[data.status], data.urls.port, data.urls.host, data.reason].filter(Boolean).join(' ').toLowerCase();
  }

  /** How deep it stands: below a heading, below a parent. @param {number} level */
  setLevel(level) {
    setAttr(this.element, 'aria-level', String(level));
  }

  /** The marks of what is not saved. */
  renderDraft() {
    for (const cell of Object.values(this.cells)) if (cell.fields.length) cell.render();
    const members = [...this.app.drafts.of(this.model.id).values()];
    this.element.classList.toggle('dirty', members.length > 0);
    this.element.classList.toggle('wrong', members.some(({ fault, theirs }) => fault || theirs) || Boolean(this.app.drafts.fault(this.model.id)));
    this.note.render();
  }

  renderSince() {
    /** @type {StatusCell} */ (this.status).renderSince();
  }

  renderStats() {
    /** @type {GpuCell} */ (this.gpus).renderStats();
  }

  renderActions() {
    const { refs, model, app } = this;
    const action = app.actions.primary(model.data);
    const may = app.actions.enabled(action, model);
    setIcon(refs.primaryIcon, action.icon);
    setText(refs.primaryLabel, action.label);
    refs.primary.dataset.action = action.id;
    setAttr(refs.primary, 'aria-label', `${action.label} ${model.data.name}`);
    setAttr(refs.primary, 'aria-disabled', may === true ? null : 'true');
    setAttr(refs.primary, 'title', may === true ? null : may);
  }

  /** @param {boolean} picked */
  setPicked(picked) {
    this.refs.pick.checked = picked;
    this.element.classList.toggle('picked', picked);
    setAttr(this.element, 'aria-selected', String(picked));
  }

  /** Only the row in hand has its controls in the tab order. @param {boolean} current */
  setCurrent(current) {
    this.element.tabIndex = current ? 0 : -1;
    this.element.classList.toggle('current', current);
    for (const control of this.element.querySelectorAll('a, button, input')) /** @type {HTMLElement} */ (control).tabIndex = current ? 0 : -1;
    // Keys move rows without it.
    this.refs.grip.tabIndex = -1;
  }

  runPrimary() {
    void this.app.actions.run(this.app.actions.primary(this.model.data), this.model);
  }

  openMenu() {
    toggleRowMenu(this.app, this.model, this.refs.more);
  }

  /** The cells that are to be seen, from left to right. @returns {Cell[]} */
  get visibleCells() {
    return COLUMNS.map(({ id }) => this.cells[id]).filter((cell) => cell.isShown);
  }

  /** The cell an element is in. @param {EventTarget|null} target @returns {Cell|undefined} */
  cellOf(target) {
    const element = target instanceof Element ? target.closest('td') : null;
    return element?.dataset.cell ? this.cells[element.dataset.cell] : undefined;
  }

  /** @param {MouseEvent} event */
  #primary(event) {
    // The second click of a double click would hit what the first one has put there: Start would become Stop.
    if (event.detail > 1) return;
    this.runPrimary();
  }
}
