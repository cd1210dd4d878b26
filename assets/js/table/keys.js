// The table by keyboard, as a tree grid: rows with the arrow keys, their cells with left and right, Enter and F2 edit.
import { isTyping } from '../dom.js';
import { keyOf } from '../shortcut.js';

/** @typedef {import('../views/row.js').InstanceRow} InstanceRow */
/** @typedef {import('../views/group-row.js').GroupRow} GroupRow */
/** @typedef {InstanceRow|GroupRow} Line */

/** @param {KeyboardEvent} event @param {import('../views/table.js').InstanceTable} table */
export function tableKeys(event, table) {
  const line = table.current;
  if (!line || event.defaultPrevented || isTyping(event.target)) return;
  const row = 'model' in line ? line : null;
  if (move(event, table, line) || selects(event, table, row) || (row ? inRow(event, table, row) : onHeading(event, /** @type {GroupRow} */ (line)))) event.preventDefault();
}

/** Up and down, in the same column. @param {KeyboardEvent} event @param {import('../views/table.js').InstanceTable} table @param {Line} line */
function move(event, table, line) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const cell = 'model' in line ? line.cellOf(event.target) : undefined;
  const onCell = cell && event.target === cell.element;
  const { lines } = table;
  const at = lines.indexOf(line);
  if (onCell && (event.key === 'Home' || event.key === 'End')) return false;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
  if (to === undefined) return false;
  const next = lines[Math.min(lines.length - 1, Math.max(0, to))];
  if (!next) return true;
  table.setCurrent(next);
  if (onCell && 'model' in next) next.cells[cell.id].element.focus();
  else next.element.focus();
  if (event.shiftKey && 'model' in next) {
    if ('model' in line && !table.app.selection.size) table.app.selection.toggle(line.model.id, true);
    table.app.selection.reach(next.model.id, table.visibleIds);
  }
  return true;
}

/** @param {KeyboardEvent} event @param {import('../views/table.js').InstanceTable} table @param {InstanceRow|null} row */
function selects(event, table, row) {
  const { selection } = table.app;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'a') {
    selection.set(table.visibleIds);
    return true;
  }
  if (event.key === 'Escape' && event.target === row?.element && selection.size) {
    selection.clear();
    return true;
  }
  return false;
}

/** @param {KeyboardEvent} event @param {import('../views/table.js').InstanceTable} table @param {InstanceRow} row */
function inRow(event, table, row) {
  const action = event.repeat ? undefined : table.app.actions.instance.find(({ shortcut }) => shortcut === keyOf(event));
  const cell = row.cellOf(event.target);
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) row.openMenu();
  else if (plain && event.target === row.element && onRow(event, table, row)) return true;
  else if (plain && cell && event.target === cell.element && onCell(event, table, row, cell)) return true;
  else if (plain && cell && event.target !== cell.element && event.key === 'Escape') cell.element.focus();
  else if (action) void table.app.actions.run(action, row.model);
  else return false;
  return true;
}

/** @param {KeyboardEvent} event @param {import('../views/table.js').InstanceTable} table @param {InstanceRow} row */
function onRow(event, table, row) {
  if (event.key === 'ArrowRight') row.visibleCells[1]?.element.focus();
  else if (event.key === 'Enter') {
    if (!event.repeat) row.runPrimary();
  } else if (event.key === 'F2') row.cells.name.edit();
  else if (event.key === ' ') table.app.selection.toggle(row.model.id);
  else return false;
  return true;
}

/** @param {KeyboardEvent} event @param {import('../views/table.js').InstanceTable} table @param {InstanceRow} row @param {import('../views/cells/cell.js').Cell} cell */
function onCell(event, table, row, cell) {
  const cells = row.visibleCells;
  const at = cells.indexOf(cell);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: cells.length - 1 }[event.key];
  if (to !== undefined) {
    if (to < 0) row.element.focus();
    else cells[Math.min(cells.length - 1, to)].element.focus();
  } else if (event.key === 'Enter' || event.key === 'F2') {
    if (cell.isEditable) cell.edit();
    else cell.enter();
  } else if (event.key === ' ') {
    if (cell.isToggle) cell.edit();
    else table.app.selection.toggle(row.model.id);
  } else if (event.key === 'Escape') row.element.focus();
  else return false;
  return true;
}

/** @param {KeyboardEvent} event @param {GroupRow} group */
function onHeading(event, group) {
  if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') group.fold(event.key === 'ArrowLeft');
  else if (event.target === group.element && (event.key === 'Enter' || event.key === ' ')) group.fold();
  else if (event.key === 'F2') group.rename();
  else return false;
  return true;
}
