// The public port: automatic, the one it has, and the free ones.
import { el } from '../dom.js';

/** @param {number[]} free @param {number|null} current */
export function portSelect(free, current) {
  const ports = [...new Set(current ? [current, ...free] : free)].sort((a, b) => a - b);
  const select = el('select', { class: 'input' }, el('option', { value: '', text: 'Automatic' }), ...ports.map((port) => el('option', { value: String(port), text: String(port) })));
  select.value = current ? String(current) : '';
  return select;
}
