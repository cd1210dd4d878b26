// The history as lines, with a legend that switches them. uPlot comes only when there is something to draw.
import { el, setAttr, setText } from '../dom.js';
import { recallJson, rememberJson } from '../prefs.js';

/** @typedef {import('./monitor-history.js').History} History */
/** @typedef {import('./monitor-history.js').Series} Series */

const KEY = 'monitor.lines';
/** With more cards than this the memory of each is only drawn when asked for. */
const FEW = 2;
/** Cards are told apart by their dashes, what is measured by its colour. */
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

/** @param {string} key @param {number} at two lines per card follow those of the machine */
const dashOf = (key, at) => (key.includes(' ') ? Math.floor((at - 2) / 2) % DASHES.length : 0);

/** @param {number} value */
const two = (value) => String(value).padStart(2, '0');

/** @param {number} seconds @param {boolean} exact */
function clock(seconds, exact) {
  const date = new Date(seconds * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}${exact ? `:${two(date.getSeconds())}` : ''}`;
}

/** @param {HTMLElement} root */
export function createGraph(root) {
  const canvas = el('div', { class: 'graph-canvas', role: 'img', 'aria-label': 'Nothing drawn yet' });
  const when = el('span', { class: 'graph-when' });
  const axis = el('span', { class: 'graph-axis' });
  const grid = el('span', { class: 'graph-grid' });
  const legend = el('div', { class: 'graph-legend', role: 'group', 'aria-label': 'Lines' });
  canvas.append(when);
  root.append(legend, canvas, axis, grid);
  /** @type {import('uplot')|null} */
  let plot = null;
  /** @type {Promise<typeof import('uplot')>|null} */
  let library = null;
  /** @type {(Series & { button: HTMLButtonElement, swatch: HTMLElement, value: HTMLElement })[]} */
  let lines = [];
  /** @type {Record<string, boolean>} */
  const wanted = recallJson(KEY, {});
  /** @type {History|null} */
  let shown = null;

  /** @param {Series} series @param {number} count */
  const isWanted = ({ key }, count) => wanted[key] ?? !(key.endsWith(' vram') && count > 2 + 2 * FEW);
  const size = () => ({ width: Math.max(120, canvas.clientWidth), height: Math.max(72, canvas.clientHeight) });
  /** The computed colour: canvases do not know light-dark(). @param {HTMLElement} element */
  const ink = (element) => getComputedStyle(element).color;

  /** The figures of a point: the one under the pointer, else the last one. */
  const tell = () => {
    const under = plot?.cursor.idx ?? null;
    const at = under ?? (shown?.at.length ?? 0) - 1;
    for (const { key, unit, value } of lines) {
      const figure = shown?.column(key)[at] ?? null;
      setText(value, figure === null ? '—' : `${Math.round(figure)} ${unit}`);
    }
    setText(when, shown && under !== null ? clock(shown.at[under], true) : '');
  };

  /** @param {Series[]} series */
  const relabel = (series) => {
    lines = series.map((one, at) => {
      const kind = one.key.split(' ').at(-1) ?? '';
      const swatch = el('span', { class: 'graph-swatch', data: { kind, dash: String(dashOf(one.key, at)) } });
      const value = el('span', { class: 'graph-value' });
      const button = el('button', { type: 'button', class: 'graph-line', 'aria-pressed': String(isWanted(one, series.length)) }, swatch, el('span', { text: one.label }), value);
      button.addEventListener('click', () => {
        const on = button.getAttribute('aria-pressed') !== 'true';
        wanted[one.key] = on;
        rememberJson(KEY, wanted);
        setAttr(button, 'aria-pressed', String(on));
        plot?.setSeries(at + 1, { show: on });
      });
      return { ...one, button, swatch, value };
    });
    legend.replaceChildren(...lines.map(({ button }) => button));
  };

  /** @returns {import('uplot').Options} */
  const options = () => ({
    ...size(),
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 5 },
      // The pane may be zoomed; the plot counts in its own pixels.
      move: ({ over }, left, top) => {
        const zoom = over.getBoundingClientRect().width / over.offsetWidth || 1;
        return [left / zoom, top / zoom];
      },
    },
    scales: { x: { time: true }, y: { range: [0, 100] } },
    padding: [6, 16, 0, 0],
    axes: [
      {
        stroke: () => ink(axis),
        font: '12px system-ui, sans-serif',
        size: 22,
        gap: 3,
        space: 64,
        grid: { show: false },
        ticks: { show: false },
        values: (_, splits, __, ___, step) => splits.map((at) => clock(at, step < 60)),
      },
      {
        stroke: () => ink(axis),
        font: '12px system-ui, sans-serif',
        size: 34,
        gap: 4,
        splits: () => [0, 50, 100],
        values: (_, splits) => splits.map((percent) => `${percent}`),
        grid: { stroke: () => ink(grid), width: 1 },
        ticks: { show: false },
      },
    ],
    series: [
      {},
      ...lines.map(({ key, label, button, swatch }, at) => ({
        label,
        show: button.getAttribute('aria-pressed') === 'true',
        stroke: () => ink(swatch),
        width: 1.25,
        dash: DASHES[dashOf(key, at)],
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [tell] },
  });

  /** What a person who does not see it should know. @param {History} history @param {string} span */
  const describe = (history, span) => {
    const words = lines.filter(({ button }) => button.getAttribute('aria-pressed') === 'true').map(({ key, label }) => {
      const values = history.column(key).filter((value) => value !== null);
      return values.length ? `${label} between ${Math.round(Math.min(...values))} and ${Math.round(Math.max(...values))} %` : `${label} unknown`;
    });
    setAttr(canvas, 'aria-label', `The last ${span}: ${words.join(', ')}`);
  };

  new ResizeObserver(() => plot?.setSize(size())).observe(canvas);
  const redraw = () => plot?.redraw(false);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-theme', 'data-link'] });

  return {
    /** @param {History} history @param {Series[]} series @param {string} span in words */
    async draw(history, series, span) {
      shown = history;
      if (history.at.length < 2) return;
      library ??= import('../../vendor/uplot.js').then((module) => module.default);
      const UPlot = await library;
      const same = series.length === lines.length && series.every(({ key, label }, at) => lines[at].key === key && lines[at].label === label);
      if (!same || !plot) {
        relabel(series);
        plot?.destroy();
        plot = new UPlot(options(), [[]], canvas);
      }
      const last = history.at.at(-1) ?? 0;
      plot.batch(() => {
        plot?.setData(/** @type {import('uplot').AlignedData} */ ([history.at, ...lines.map(({ key }) => history.column(key))]), false);
        plot?.setScale('x', { min: last - history.span, max: last });
      });
      tell();
      describe(history, span);
    },
  };
}
