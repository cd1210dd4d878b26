// Which GPUs an instance may use: chips to tick, or a plain sentence when there is none.
import { bytes } from '../format.js';
import { el, setText, show, uid } from '../dom.js';

/** @typedef {import('../types.js').GpuInfo} GpuInfo */
/** @typedef {import('../types.js').Stats} Stats */

export class GpuChips {
  /** @type {Map<string, HTMLInputElement>} */
  #boxes = new Map();

  /** @param {GpuInfo[]} gpus @param {Stats|null} stats @param {string|null} chosen a list such as "0,1" @param {() => void} onChange */
  constructor(gpus, stats, chosen, onChange) {
    const id = uid('gpus');
    this.error = el('p', { class: 'field-error', role: 'alert', hidden: true });
    const picked = (chosen ?? '').split(',').map((one) => one.trim()).filter(Boolean);
    const known = gpus.map((gpu) => {
      const now = stats?.gpus.find((one) => one.id === gpu.id);
      const memory = now ? `${bytes(now.vram.total - now.vram.used)} free of ${bytes(now.vram.total)}` : bytes(gpu.vram_total);
      return { id: String(gpu.id), name: gpu.name, memory };
    });
    // What was chosen on another machine stays to be seen, and can be taken away.
    const gone = picked.filter((one) => !known.some((gpu) => gpu.id === one)).map((one) => ({ id: one, name: 'not in this machine', memory: '' }));
    const chips = [...known, ...gone].map((gpu) => {
      const box = el('input', { type: 'checkbox', class: 'unseen', value: gpu.id });
      box.checked = picked.includes(gpu.id);
      box.addEventListener('change', () => {
        this.setError(null);
        onChange();
      });
      this.#boxes.set(gpu.id, box);
      return el('label', { class: 'chip' }, box, el('span', { class: 'mono chip-id', text: gpu.id }), el('span', { class: 'chip-name' }, gpu.name, gpu.memory ? el('span', { class: 'hint', text: gpu.memory }) : null));
    });
    const words = known.length
      ? el('p', { class: 'hint', text: 'None ticked: the app sees every GPU.' })
      : el('p', { class: 'hint', text: 'No NVIDIA GPU is visible to AiKore on this machine. Apps that can run on the CPU will do so.' });
    this.element = el('div', { class: 'field wide', role: 'group', 'aria-labelledby': id }, el('span', { class: 'label', id, text: 'GPUs' }), chips.length ? el('div', { class: 'chips' }, ...chips) : null, words, this.error);
  }

  /** @returns {string|null} */
  get value() {
    const picked = [...this.#boxes].filter(([, box]) => box.checked).map(([id]) => id);
    return picked.length ? picked.join(',') : null;
  }

  /** @param {string|null} text */
  setError(text) {
    setText(this.error, text ?? '');
    show(this.error, Boolean(text));
  }

  get first() {
    const [first] = this.#boxes.values();
    return first ?? null;
  }

  focus() {
    this.first?.focus();
  }

  /** @param {string[]} ids */
  pick(ids) {
    for (const [id, box] of this.#boxes) box.checked = ids.includes(id);
  }
}

/** The card with the most free memory. @param {Stats|null} stats @returns {string[]} */
export function freest(stats) {
  const [best] = [...(stats?.gpus ?? [])].sort((a, b) => b.vram.total - b.vram.used - (a.vram.total - a.vram.used));
  return best ? [String(best.id)] : [];
}
