// Minus, figure, plus: the size of what a pane shows.
import { el, iconButton, setAttr, setText } from '../dom.js';
import { LEAST, MOST, STEP, zooms } from '../zoom.js';

/**
 * The control of one pane. `what` is said to screen readers.
 * @param {string} key @param {string} what @param {AbortSignal} [signal] its end, if it is not for as long as the page
 */
export function zoomControl(key, what, signal) {
  let at = key;
  const figure = el('button', { type: 'button', class: 'zoom-figure', title: 'Double click: back to 100 %' });
  const smaller = iconButton('minus', `${what}: smaller`, () => zooms.set(at, zooms.get(at) - STEP), 'zoom-step');
  const larger = iconButton('add', `${what}: larger`, () => zooms.set(at, zooms.get(at) + STEP), 'zoom-step');
  figure.addEventListener('dblclick', () => zooms.set(at, 100));
  // By keyboard one press is enough: there is no double click.
  figure.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    zooms.set(at, 100);
    event.preventDefault();
  });
  const render = () => {
    const percent = zooms.get(at);
    setText(figure, `${percent} %`);
    setAttr(figure, 'aria-label', `${what}: ${percent} %, back to 100 %`);
    smaller.toggleAttribute('disabled', percent <= LEAST);
    larger.toggleAttribute('disabled', percent >= MOST);
  };
  zooms.addEventListener('zoom', render, { signal });
  render();
  return {
    element: el('span', { class: 'zoom only-wide', role: 'group', 'aria-label': `${what}: size` }, smaller, figure, larger),
    /** @param {string} next the key it changes from now on */
    use(next) {
      at = next;
      render();
    },
  };
}

/** Shows a pane's content at its size; its head stays as it is. @param {HTMLElement} content @param {string} key @param {AbortSignal} [signal] */
export function zoomed(content, key, signal) {
  const render = () => content.style.setProperty('--zoom', String(zooms.get(key) / 100));
  zooms.addEventListener('zoom', (event) => /** @type {CustomEvent<string>} */ (event).detail === key && render(), { signal });
  render();
}
