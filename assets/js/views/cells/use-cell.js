// What an instance takes of the machine: processor, memory, memory of the GPUs.
import { el, setAttr, setText, show } from '../../dom.js';
import { bytes, loadLevel } from '../../format.js';
import { Cell } from './cell.js';

const PARTS = /** @type {const} */ (['CPU', 'RAM', 'VRAM']);

export class UseCell extends Cell {
  /** @param {import('./cell.js').App} app @param {import('./cell.js').InstanceModel} model */
  constructor(app, model) {
    super(app, model, 'use');
    this.none = el('span', { class: 'muted', text: '—', 'aria-label': 'nothing measured' });
    this.parts = PARTS.map((name) => {
      const text = el('span', { class: 'use-text', data: { name } });
      const fill = el('span', { class: 'meter-fill' });
      return { name, text, fill, element: el('span', { class: 'use-part' }, text, el('span', { class: 'use-track' }, fill)) };
    });
    this.box = el('span', { class: 'use' }, ...this.parts.map(({ element }) => element));
    this.element.append(el('span', { class: 'cell' }, this.none, this.box));
    model.addEventListener('use', () => this.render());
  }

  render() {
    const { use } = this.model;
    const { stats } = this.app.server;
    show(this.none, !use);
    show(this.box, Boolean(use));
    if (!use) return;
    const vram = stats?.gpus.reduce((sum, gpu) => sum + gpu.vram.total, 0) ?? 0;
    const figures = [
      { text: `${Math.round(use.cpu_percent)} %`, share: use.cpu_percent, what: '100 % is one core' },
      { text: bytes(use.memory), share: stats ? (use.memory / stats.ram.total) * 100 : 0, what: stats ? `of ${bytes(stats.ram.total)}` : '' },
      { text: use.vram === null ? '—' : bytes(use.vram), share: vram && use.vram !== null ? (use.vram / vram) * 100 : 0, what: use.vram === null && use.vram_note ? use.vram_note : vram ? `of ${bytes(vram)}` : 'none is used' },
    ];
    this.parts.forEach((part, at) => {
      const { text, share, what } = figures[at];
      setText(part.text, text);
      part.fill.style.width = `${Math.min(100, Math.max(0, share))}%`;
      part.element.dataset.level = at === 0 ? 'calm' : loadLevel(share);
      setAttr(part.element, 'title', `${part.name}: ${text}${what ? `, ${what}` : ''}`);
    });
  }
}
