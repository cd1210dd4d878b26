// The head of the table: sorts by a click, resizes at its edge (or with Shift and the arrow keys), selects all.
import { el, setAttr } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { COLUMNS } from '../table/columns.js';

/** @typedef {import('../table/columns.js').Column} Column */

const STEP = 16;

export class TableHead {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.all = el('input', { type: 'checkbox', class: 'tick-box pick', 'aria-label': 'Select all' });
    this.all.addEventListener('change', () => app.selection.set(this.all.checked ? app.table.visibleIds : []));
    this.cells = COLUMNS.map((column) => this.#cell(column));
    this.row = el('tr', { role: 'row' }, ...this.cells.map(({ element }) => element));
    this.element = el('thead', { role: 'rowgroup' }, this.row);
    this.cols = COLUMNS.map((column) => el('col', { class: `c-${column.id}` }));
    this.colgroup = el('colgroup', {}, ...this.cols);
  }

  /** @param {Column} column */
  #cell(column) {
    const { columns } = this.app;
    const arrow = icon('up');
    arrow.classList.add('sort-arrow');
    const label = column.id === 'use' ? el('span', { class: 'use', 'aria-label': 'Use: CPU, RAM, VRAM' }, ...['CPU', 'RAM', 'VRAM'].map((text) => el('span', { text }))) : el('span', { class: 'ellipsis', text: column.label });
    const sort = column.key ? el('button', { type: 'button', class: 'sort', on: { click: () => columns.turn(column.id) } }, label, arrow) : null;
    const edge = column.plain ? null : el('span', { class: 'edge', 'aria-hidden': 'true' });
    const content = column.id === 'pick' ? el('span', { class: 'cell' }, this.all) : (sort ?? label);
    const element = el('th', { class: `c-${column.id}`, role: 'columnheader', scope: 'col' }, content, edge);
    if (edge) this.#resizable(column, element, edge);
    return { column, element, sort, arrow };
  }

  /** @param {Column} column @param {HTMLElement} element @param {HTMLElement} edge */
  #resizable(column, element, edge) {
    const { columns } = this.app;
    edge.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      edge.setPointerCapture(event.pointerId);
      const from = event.clientX;
      const width = element.getBoundingClientRect().width;
      edge.classList.add('held');
      const life = new AbortController();
      const { signal } = life;
      edge.addEventListener('pointermove', (move) => columns.resize(column, width + move.clientX - from), { signal });
      for (const end of ['pointerup', 'pointercancel']) {
        edge.addEventListener(end, () => {
          edge.classList.remove('held');
          life.abort();
        }, { signal });
      }
    });
    edge.addEventListener('dblclick', () => columns.resize(column, null));
    element.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
      if (!by || !event.shiftKey) return;
      event.preventDefault();
      columns.resize(column, element.getBoundingClientRect().width + by);
    });
  }

  /** As this browser wants the columns. @param {HTMLTableElement} table */
  render(table) {
    const { columns } = this.app;
    let sum = 0;
    // What nobody resized shares the room that is left.
    COLUMNS.forEach((column, at) => {
      const shown = columns.isShown(column);
      table.classList.toggle(`no-${column.id}`, !shown);
      const width = columns.width(column);
      this.cols[at].style.width = `${width}px`;
      if (shown) sum += width;
    });
    table.style.setProperty('--least', `${sum}px`);
    for (const { column, element, sort, arrow } of this.cells) {
      const on = columns.sort?.by === column.id;
      const down = on && columns.sort?.down;
      setAttr(element, 'aria-sort', on ? (down ? 'descending' : 'ascending') : null);
      setIcon(arrow, down ? 'down' : 'up');
      if (sort) setAttr(sort, 'title', `${on ? (down ? 'Back to your own order' : `Sort by ${column.label} downwards`) : `Sort by ${column.label}`}. Drag its edge, or press Shift with the arrow keys, to resize.`);
    }
  }

  /** @param {number} picked @param {number} visible */
  renderPicked(picked, visible) {
    this.all.checked = picked > 0 && picked >= visible;
    this.all.indeterminate = picked > 0 && picked < visible;
  }
}
