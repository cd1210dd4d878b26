// The table above, the tools below, and the gutter between them (remembered, also by keyboard).
import Split from '../../vendor/split.js';
import { recallJson, rememberJson } from '../prefs.js';

const DEFAULT = [62, 38];
const STEP = 4;

/** @param {HTMLElement} list @param {HTMLElement} tools */
export function splitPanes(list, tools) {
  const narrow = matchMedia('(max-width: 720px)');
  /** @type {import('split.js').Instance|null} */
  let split = null;

  /** @returns {number[]} */
  const remembered = () => {
    const sizes = recallJson('split', DEFAULT);
    return Array.isArray(sizes) && sizes.length === 2 && sizes.every((size) => size > 0 && size < 100) ? sizes : DEFAULT;
  };

  /** @param {HTMLElement} gutter @param {number[]} sizes */
  const describe = (gutter, sizes) => gutter.setAttribute('aria-valuenow', String(Math.round(sizes[0])));

  const make = () => {
    const gutter = document.createElement('div');
    gutter.className = 'gutter';
    gutter.tabIndex = 0;
    for (const [name, value] of Object.entries({ role: 'separator', 'aria-orientation': 'horizontal', 'aria-label': 'Size of the instances pane', 'aria-valuemin': '0', 'aria-valuemax': '100' })) {
      gutter.setAttribute(name, value);
    }
    gutter.addEventListener('keydown', (event) => {
      const by = { ArrowUp: -STEP, ArrowDown: STEP }[event.key];
      if (!by || !split) return;
      const [first] = split.getSizes();
      const next = Math.min(85, Math.max(15, first + by));
      set([next, 100 - next], gutter);
      event.preventDefault();
    });
    gutter.addEventListener('dblclick', () => set(DEFAULT, gutter));
    split = Split([list, tools], {
      direction: 'vertical',
      sizes: remembered(),
      minSize: [140, 120],
      gutterSize: 7,
      snapOffset: 0,
      gutter: () => gutter,
      onDragEnd: (sizes) => {
        rememberJson('split', sizes);
        describe(gutter, sizes);
      },
    });
    describe(gutter, split.getSizes());
  };

  /** @param {number[]} sizes @param {HTMLElement} gutter */
  const set = (sizes, gutter) => {
    split?.setSizes(sizes);
    rememberJson('split', sizes);
    describe(gutter, sizes);
  };

  const fit = () => {
    if (narrow.matches) {
      split?.destroy();
      split = null;
    } else if (!split) make();
  };
  narrow.addEventListener('change', fit);
  fit();
}
