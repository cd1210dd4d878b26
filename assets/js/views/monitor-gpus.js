// A card per GPU, made once and then changed.
import { el, setAttr, setText } from '../dom.js';
import { loadLevel, share } from '../format.js';
import { gauge } from './monitor-gauges.js';
import { createParts } from './monitor-parts.js';

/** @typedef {import('../types.js').GpuUse} GpuUse */
/** @typedef {import('./monitor-history.js').History} History */

/** How hot is hot: beyond 83 °C most cards slow down. @param {number} degrees */
const heat = (degrees) => loadLevel(degrees >= 88 ? 90 : degrees >= 80 ? 70 : 0);

/** @param {number} watts */
const rounded = (watts) => String(Math.round(watts));

const MAKER = { nvidia: 'NVIDIA', amd: 'AMD' };

/** @param {GpuUse} gpu @param {(id: number) => string|undefined} nameOf an instance */
function createCard({ uuid, id }, nameOf) {
  const name = el('span', { class: 'gpu-name ellipsis' });
  const temperature = el('span', { class: 'gpu-fact' });
  const power = el('span', { class: 'gpu-fact' });
  const load = gauge('Load');
  const vram = gauge('VRAM');
  const parts = createParts(nameOf);
  const title = el('h3', { class: 'gpu-title' });
  const element = el(
    'section',
    { class: 'gpu', data: { uuid } },
    el('header', { class: 'gpu-head' }, title, name, el('span', { class: 'spring' }), temperature, power),
    el('div', { class: 'gpu-gauges' }, load.element, vram.element),
    ...parts.elements,
  );
  setText(title, `GPU ${id}`);
  return {
    element,
    /** @param {GpuUse} gpu */
    render(gpu) {
      setText(title, `GPU ${gpu.id}`);
      setText(name, gpu.name);
      const clocks = [gpu.clock && `cores at ${gpu.clock} MHz`, gpu.memory_clock && `memory at ${gpu.memory_clock} MHz`].filter(Boolean);
      const maker = gpu.kind && !gpu.name.toLowerCase().includes(gpu.kind) ? `${MAKER[gpu.kind] ?? gpu.kind} ` : '';
      setAttr(element, 'title', [`${maker}${gpu.name}`, gpu.uuid, ...clocks].join('\n'));
      element.dataset.stale = String(gpu.stale);
      setText(temperature, gpu.temperature === null ? '' : `${gpu.temperature} °C`);
      temperature.dataset.level = heat(gpu.temperature ?? 0);
      const limit = gpu.power_limit === null ? '' : ` / ${rounded(gpu.power_limit)}`;
      setText(power, gpu.power === null ? '' : `${rounded(gpu.power)}${limit} W`);
      power.dataset.level = gpu.power_limit && gpu.power ? loadLevel((gpu.power / gpu.power_limit) * 100) : 'calm';
      const busy = gpu.utilization_percent;
      load.set(busy, busy === null ? '—' : `${busy} %`, busy === null ? 'not told' : '');
      vram.set(gpu.vram.percent, share(gpu.vram.used, gpu.vram.total));
      parts.render(gpu);
    },
    /** @param {History} history */
    draw(history) {
      load.draw(history.at, history.column(`${uuid} load`));
      vram.draw(history.at, history.column(`${uuid} vram`));
    },
  };
}

/** @param {HTMLElement} root @param {(id: number) => string|undefined} nameOf an instance */
export function createGpus(root, nameOf) {
  /** @type {Map<string, ReturnType<typeof createCard>>} */
  const cards = new Map();
  return {
    /** @param {GpuUse[]} gpus */
    render(gpus) {
      for (const [uuid, { element }] of cards) {
        if (gpus.some((gpu) => gpu.uuid === uuid)) continue;
        element.remove();
        cards.delete(uuid);
      }
      gpus.forEach((gpu, at) => {
        let card = cards.get(gpu.uuid);
        if (!card) cards.set(gpu.uuid, (card = createCard(gpu, nameOf)));
        if (root.children[at] !== card.element) root.insertBefore(card.element, root.children[at] ?? null);
        card.render(gpu);
      });
    },
    /** @param {History} history */
    draw(history) {
      for (const card of cards.values()) card.draw(history);
    },
  };
}
