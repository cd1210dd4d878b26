// The columns: which there are, and how this browser wants them (hidden, wide, sorted). Emits `change`.
import { recallJson, rememberJson } from '../prefs.js';
import { STATUS_WORD } from '../format.js';
import { FIELDS } from './fields.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {number} width in px, before anybody changed it
 * @property {number} least
 * @property {string[]} [fields] what is edited there
 * @property {boolean} [fixed] always there
 * @property {number} [from] is there by itself only in a pane this wide
 * @property {(model: InstanceModel) => string|number} [key] what it is sorted by
 * @property {boolean} [plain] neither sorted nor resized
 */

/** Trouble first: that is what one looks for. */
const STATUS_ORDER = ['error', 'stalled', 'installing', 'starting', 'stopping', 'started', 'stopped'];

/** @param {string} field @returns {(model: InstanceModel) => string} */
const by = (field) => (model) => String(FIELDS[field].read(model.data) ?? '');

/** @type {readonly Column[]} */
export const COLUMNS = Object.freeze([
  { id: 'pick', label: 'Move and select', width: 56, least: 56, fixed: true, plain: true },
  { id: 'name', label: 'Name', width: 176, least: 110, fields: ['name'], fixed: true, key: by('name') },
  { id: 'blueprint', label: 'Blueprint', width: 132, least: 80, fields: ['base_blueprint'], key: by('base_blueprint') },
  { id: 'environment', label: 'Environment', width: 150, least: 80, from: 1620, fields: ['python_version', 'cuda_version', 'torch_version'], key: by('python_version') },
  { id: 'output', label: 'Output', width: 130, least: 80, from: 1760, fields: ['output_path'], key: (model) => model.data.output_path || model.data.name },
  { id: 'gpus', label: 'GPUs', width: 104, least: 60, fields: ['gpu_ids'], key: by('gpu_ids') },
  { id: 'autostart', label: 'Autostart', width: 96, least: 60, from: 1400, fields: ['autostart'], key: (model) => (model.data.autostart ? 0 : 1) },
  { id: 'persistent', label: 'Persistent', width: 86, least: 60, from: 1880, fields: ['persistent_mode'], key: (model) => (model.data.persistent_mode ? 0 : 1) },
  { id: 'status', label: 'Status', width: 226, least: 120, key: (model) => `${STATUS_ORDER.indexOf(model.data.status)}${STATUS_WORD[model.data.status]}` },
  { id: 'address', label: 'Address', width: 262, least: 110, fields: ['port', 'hostname', 'use_custom_hostname', 'access'], key: (model) => Number(FIELDS.port.read(model.data) ?? 0) },
  { id: 'use', label: 'Use', width: 164, least: 120, key: (model) => -(model.use?.memory ?? -1) },
  { id: 'group', label: 'Group', width: 110, least: 70, from: Infinity, fields: ['group'], key: by('group') },
  { id: 'actions', label: 'Actions', width: 132, least: 132, fixed: true, plain: true },
]);

/** @param {string} id */
export const columnOf = (id) => /** @type {Column} */ (COLUMNS.find((column) => column.id === id));

/** @typedef {{ shown: Record<string, boolean>, widths: Record<string, number>, sort: { by: string, down: boolean }|null, closed: string[] }} Taste */

/** @type {Taste} */
const PLAIN = { shown: {}, widths: {}, sort: null, closed: [] };

export class Columns extends EventTarget {
  constructor() {
    super();
    const kept = recallJson('table', PLAIN);
    const sane = kept !== null && typeof kept === 'object' && !Array.isArray(kept);
    /** @type {Taste} */
    this.taste = { ...structuredClone(PLAIN), ...(sane ? kept : {}) };
    if (this.taste.sort && !columnOf(this.taste.sort.by)?.key) this.taste.sort = null;
    /** The pane's width when the page was opened: what is there by itself does not jump while a window is resized. */
    this.room = innerWidth;
    this.hasGpus = false;
  }

  /** @param {Column} column */
  isShown(column) {
    if (column.id === 'gpus' && !this.hasGpus) return false;
    if (column.fixed) return true;
    return this.taste.shown[column.id] ?? this.room >= (column.from ?? 0);
  }

  get shown() {
    return COLUMNS.filter((column) => this.isShown(column));
  }

  /** @param {Column} column */
  width(column) {
    const wanted = Number(this.taste.widths[column.id]);
    return Number.isFinite(wanted) && wanted > 0 ? Math.min(900, Math.max(column.least, wanted)) : column.width;
  }

  /** @param {string} id @param {boolean} shown */
  show(id, shown) {
    this.taste.shown[id] = shown;
    this.#keep();
  }

  /** @param {Column} column @param {number|null} width null: as it came */
  resize(column, width) {
    if (width === null) delete this.taste.widths[column.id];
    else this.taste.widths[column.id] = Math.round(Math.min(900, Math.max(column.least, width)));
    this.#keep();
  }

  get sort() {
    return this.taste.sort;
  }

  /** @param {{ by: string, down: boolean }|null} sort */
  setSort(sort) {
    this.taste.sort = sort;
    this.#keep();
  }

  /** Up, down, and back to the order of one's own. @param {string} id */
  turn(id) {
    const { sort } = this;
    if (sort?.by !== id) this.setSort({ by: id, down: false });
    else this.setSort(sort.down ? null : { by: id, down: true });
  }

  /** @param {string} group */
  isClosed(group) {
    return this.taste.closed.includes(group);
  }

  /** @param {string} group @param {boolean} closed */
  fold(group, closed) {
    const others = this.taste.closed.filter((one) => one !== group);
    this.taste.closed = closed ? [...others, group] : others;
    this.#keep();
  }

  /** @param {boolean} has */
  setGpus(has) {
    if (has === this.hasGpus) return;
    this.hasGpus = has;
    this.dispatchEvent(new Event('change'));
  }

  /** As it came. */
  reset() {
    this.taste = { ...structuredClone(PLAIN), closed: this.taste.closed };
    this.room = innerWidth;
    this.#keep();
  }

  #keep() {
    rememberJson('table', this.taste);
    this.dispatchEvent(new Event('change'));
  }
}
