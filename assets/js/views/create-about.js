// What a blueprint needs, beside what this machine has.
import { amount } from '../catalogue.js';
import { el } from '../dom.js';
import { bytes } from '../format.js';

/** @typedef {import('../catalogue.js').Entry} Entry */
/** @typedef {import('../types.js').GpuInfo} GpuInfo */

/** @param {Entry} entry */
export function aboutFacts(entry) {
  /** @type {[string, string|null][]} */
  const lines = [
    ['Category', entry.category],
    ['GPU', { none: 'not needed', optional: 'optional', required: 'needed' }[entry.gpu ?? ''] ?? null],
    ['GPU memory', entry.min_vram ? `from ${entry.min_vram}` : null],
    ['Disk', entry.disk ? `about ${entry.disk}` : null],
    ['Licence', entry.license],
  ];
  const rows = lines.flatMap(([label, value]) => (value ? [el('dt', { text: label }), el('dd', { text: value })] : []));
  return rows.length ? el('dl', { class: 'about-facts' }, ...rows) : null;
}

/** What speaks against it, in sentences. @param {Entry} entry @param {GpuInfo[]} gpus @returns {string[]} */
export function cautions(entry, gpus) {
  const found = [];
  const wanted = amount(entry.min_vram);
  const most = Math.max(0, ...gpus.map(({ vram_total }) => vram_total));
  if (entry.gpu === 'required' && gpus.length === 0) found.push('It needs a GPU, and none is visible on this machine: it may install but not run.');
  // A card of "8 GB" has a little less.
  else if (wanted && gpus.length && most < wanted * 0.95) found.push(`It wants ${entry.min_vram} of GPU memory; the largest card here has ${bytes(most)}.`);
  return [...found, ...(entry.param_faults ?? []).map((fault) => `A line of its header is not understood: ${fault}`)];
}
