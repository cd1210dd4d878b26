// A bar with its figure and the last ten minutes beside it.
import { el, setAttr, setText } from '../dom.js';
import { loadLevel } from '../format.js';
import { thin } from './monitor-history.js';

const SVG = 'http://www.w3.org/2000/svg';
const LATELY = 600;
/** A point each ten seconds: more than nobody looks for. */
const POINTS = 60;

/** The last ten minutes as a small line. */
function spark() {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ class: 'spark', viewBox: '0 0 60 16', preserveAspectRatio: 'none', 'aria-hidden': 'true' })) svg.setAttribute(name, value);
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('vector-effect', 'non-scaling-stroke');
  svg.append(line);
  /** @param {number[]} at @param {(number|null)[]} values */
  const draw = (at, values) => {
    // Steps that stand still while the samples pass, or the line would shiver.
    const to = (Math.floor((at.at(-1) ?? 0) / (LATELY / POINTS)) + 1) * (LATELY / POINTS);
    const parts = [];
    let pen = 'M';
    for (const [x, value] of thin(at, values, to - LATELY, to, POINTS).entries()) {
      if (value === null) continue;
      parts.push(`${pen}${x} ${(15 - (Math.min(100, value) / 100) * 14).toFixed(1)}`);
      pen = 'L';
    }
    setAttr(line, 'd', parts.join(''));
  };
  return { element: svg, draw };
}

/**
 * @param {string} label
 * @returns {{ element: HTMLElement, set: (percent: number|null, figure: string, aside?: string, title?: string) => void, draw: (at: number[], values: (number|null)[]) => void }}
 */
export function gauge(label) {
  const name = el('span', { class: 'gauge-label ellipsis', text: label, title: label });
  const fill = el('span', { class: 'gauge-fill' });
  const value = el('span', { class: 'gauge-value' });
  const beside = el('span', { class: 'gauge-aside' });
  const line = spark();
  const track = el('span', { class: 'gauge-track', role: 'meter', 'aria-label': label, 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-valuenow': '0' }, fill);
  const element = el('div', { class: 'gauge' }, name, track, line.element, el('span', { class: 'gauge-figure' }, value, beside));
  return {
    element,
    set(percent, figure, aside = '', title = '') {
      const known = percent ?? 0;
      fill.style.width = `${Math.min(100, Math.max(0, known))}%`;
      element.dataset.level = loadLevel(known);
      setText(value, figure);
      setText(beside, aside);
      setAttr(track, 'aria-valuenow', String(Math.round(known)));
      setAttr(track, 'aria-valuetext', `${figure} ${aside}`.trim());
      setAttr(element, 'title', title || null);
    },
    draw: line.draw,
  };
}
