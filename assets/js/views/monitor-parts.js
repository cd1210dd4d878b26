// What else there is to a card: the parts it is divided into (MIG), and who is on it.
import { el, setText, show } from '../dom.js';
import { bytes, share } from '../format.js';
import { gauge } from './monitor-gauges.js';
import { keepUp } from './keyed.js';

/** @typedef {import('../types.js').GpuUse} GpuUse */
/** @typedef {import('../types.js').GpuSlice} GpuSlice */

/** Without the product, which stands above: "MIG 1g.10gb". @param {string} name */
const sliceName = (name) => /\bMIG .+$/.exec(name)?.[0] ?? name;

/** A part that is given out as a card of its own. @param {GpuSlice} slice */
function createSlice({ uuid, name }) {
  const memory = gauge(sliceName(name));
  memory.element.classList.add('gauge-plain');
  const element = el('li', { class: 'gpu-slice', title: `${name}\n${uuid}` }, memory.element);
  return {
    element,
    /** @param {GpuSlice} slice */
    render({ vram }) {
      if (vram) memory.set(vram.percent, share(vram.used, vram.total));
      else memory.set(null, '—', 'not told');
    },
  };
}

/** Below the gauges of a card; nothing where there is neither. @param {(id: number) => string|undefined} nameOf an instance */
export function createParts(nameOf) {
  /** @type {Map<string, ReturnType<typeof createSlice>>} */
  const slices = new Map();
  const sliceList = el('ul', { class: 'gpu-slices', hidden: true });
  const words = el('span', {});
  const list = el('ul', { class: 'gpu-programs' });
  const programs = el('details', { class: 'monitor-more', hidden: true }, el('summary', {}, words), list);

  /** @param {readonly GpuSlice[]} mig */
  function renderSlices(mig) {
    for (const [uuid, { element }] of slices) {
      if (mig.some((slice) => slice.uuid === uuid)) continue;
      element.remove();
      slices.delete(uuid);
    }
    for (const slice of mig) {
      let one = slices.get(slice.uuid);
      if (!one) {
        slices.set(slice.uuid, (one = createSlice(slice)));
        sliceList.append(one.element);
      }
      one.render(slice);
    }
    show(sliceList, mig.length > 0);
  }

  /** @param {NonNullable<GpuUse['processes']>} processes */
  function renderPrograms(processes) {
    const lines = processes
      .toSorted((a, b) => (b.memory ?? 0) - (a.memory ?? 0))
      .map(({ pid, memory, instance_id, name }) => ({ pid, who: (instance_id === null ? undefined : nameOf(instance_id)) ?? name ?? 'Another program', program: name, memory: memory === null ? '—' : bytes(memory), ours: instance_id !== null }));
    const count = `${lines.length} program${lines.length === 1 ? '' : 's'}`;
    const strangers = lines.filter(({ ours }) => !ours).length;
    setText(words, strangers && strangers < lines.length ? `${count}, ${strangers} not of AiKore` : strangers ? `${count}, not of AiKore` : count);
    keepUp(list, lines, ({ pid, who, program, memory, ours }) =>
      el(
        'li',
        { class: ours ? 'gpu-program' : 'gpu-program muted' },
        el('span', { class: 'ellipsis', text: who, title: program && program !== who ? `${who}: ${program}` : who }),
        el('span', { class: 'muted mono', text: String(pid), title: 'Its number, as the driver knows it' }),
        el('span', { class: 'gpu-program-memory', text: memory, title: memory === '—' ? 'The driver does not tell how much' : null }),
      ),
    );
    show(programs, lines.length > 0);
  }

  return {
    elements: [sliceList, programs],
    /** @param {GpuUse} gpu */
    render({ mig, processes }) {
      renderSlices(mig ?? []);
      renderPrograms(processes ?? []);
    },
  };
}
