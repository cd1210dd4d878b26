// The bar within reach of the thumb, on phones only.
import { button, el } from '../dom.js';
import { showMonitor } from './panes.js';

/** @param {HTMLElement} root @param {import('../app.js').App} app */
export function createThumbs(root, app) {
  const [fresh, search] = app.actions.page;
  /** @param {string} label @param {string} picture @param {() => unknown} run */
  const thumb = (label, picture, run) => button(label, { icon: picture, quiet: true, class: 'thumb', on: { click: () => run() } });
  const add = button('New', { icon: fresh.icon, primary: true, on: { click: () => fresh.run() } });
  add.setAttribute('aria-label', fresh.label);
  root.append(
    thumb(search.label, search.icon, search.run),
    thumb('Tools', 'panel', () => app.tools.enter()),
    thumb('Machine', 'gauge', showMonitor),
    thumb('Actions', 'more', () => app.dialogs.palette()),
    el('span', { class: 'spring' }),
    add,
  );
}
