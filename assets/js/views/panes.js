// The table above; tools and monitoring below; the gutters between them (remembered, also by keyboard), and each pane's size.
import Split from '../../vendor/split.js';
import { el, iconButton } from '../dom.js';
import { recallJson, rememberJson } from '../prefs.js';
import { zoomControl, zoomed } from './zoom.js';

const STEP = 4;

/**
 * @typedef {object} Divide
 * @property {'vertical'|'horizontal'} direction
 * @property {string} key where its sizes are remembered
 * @property {HTMLElement[]} panes two
 * @property {number[]} sizes at first, in percent
 * @property {number[]} least in pixels
 * @property {string} label
 */

/** One gutter between two panes, while the screen is wide. @param {Divide} divide */
function divided({ direction, key, panes, sizes: first, least, label }) {
  /** @type {import('split.js').Instance|null} */
  let split = null;
  const upright = direction === 'horizontal';

  /** @returns {number[]} */
  const remembered = () => {
    const sizes = recallJson(key, first);
    return Array.isArray(sizes) && sizes.length === 2 && sizes.every((size) => typeof size === 'number' && size > 0 && size < 100) ? sizes : first;
  };

  /** @param {HTMLElement} gutter @param {number[]} sizes */
  const describe = (gutter, sizes) => gutter.setAttribute('aria-valuenow', String(Math.round(sizes[0])));

  /** @param {HTMLElement} gutter @param {number[]} sizes */
  const set = (gutter, sizes) => {
    split?.setSizes(sizes);
    rememberJson(key, sizes);
    describe(gutter, sizes);
  };

  const make = () => {
    const gutter = el('div', {
      class: `gutter gutter-${direction}`,
      tabindex: '0',
      role: 'separator',
      'aria-orientation': upright ? 'vertical' : 'horizontal',
      'aria-label': label,
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    });
    const [less, more] = upright ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    gutter.addEventListener('keydown', (event) => {
      const from = split?.getSizes()[0];
      if (from === undefined) return;
      const to = { [less]: from - STEP, [more]: from + STEP, Home: 15, End: 85, Enter: first[0] }[event.key];
      if (to === undefined) return;
      const next = Math.min(85, Math.max(15, to));
      set(gutter, [next, 100 - next]);
      event.preventDefault();
      event.stopPropagation();
    });
    gutter.addEventListener('dblclick', () => set(gutter, first));
    split = Split(panes, {
      direction,
      sizes: remembered(),
      minSize: least,
      gutterSize: 7,
      snapOffset: 0,
      gutter: () => gutter,
      onDragEnd: (sizes) => {
        rememberJson(key, sizes);
        describe(gutter, sizes);
      },
    });
    describe(gutter, split.getSizes());
  };

  return {
    /** @param {boolean} on */
    toggle(on) {
      if (on && !split) make();
      if (on) return;
      split?.destroy();
      split = null;
    },
  };
}

/**
 * Call it when the panes have their heads.
 * @param {{ list: HTMLElement, lower: HTMLElement, tools: HTMLElement, monitor: HTMLElement }} panes
 */
export function layOutPanes({ list, lower, tools, monitor }) {
  const narrow = matchMedia('(max-width: 720px)');
  const gutters = [
    divided({ direction: 'vertical', key: 'split', panes: [list, lower], sizes: [60, 40], least: [140, 140], label: 'Size of the instances pane' }),
    divided({ direction: 'horizontal', key: 'split.lower', panes: [tools, monitor], sizes: [65, 35], least: [300, 220], label: 'Size of the tools pane' }),
  ];
  const fit = () => gutters.forEach((gutter) => gutter.toggle(!narrow.matches));
  narrow.addEventListener('change', fit);
  // Together with the first picture: to know how big the panes are, the page must be laid out, and once is enough.
  requestAnimationFrame(fit);

  // The tools have a size for each tool, and see to it themselves.
  for (const [pane, key, what] of /** @type {const} */ ([[list, 'list', 'Instances'], [monitor, 'monitor', 'Monitoring']])) {
    const head = pane.querySelector('.pane-head');
    const control = zoomControl(key, what).element;
    const spring = head?.querySelector('.spring');
    if (spring) spring.after(control);
    else head?.append(control);
    zoomed(pane, key);
  }
  const close = iconButton('close', 'Close the monitoring', () => document.documentElement.classList.remove('monitor-open'), 'only-phone');
  monitor.querySelector('.pane-head')?.append(close);
}

/** On a phone a pane covers the screen. */
export function showMonitor() {
  document.documentElement.classList.add('monitor-open');
  /** @type {HTMLElement|null} */ (document.querySelector('#monitor .pane-head .only-phone'))?.focus();
}
