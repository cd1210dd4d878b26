// The bar within reach of the thumb, on phones only.
import { button, el } from '../dom.js';

/** @param {HTMLElement} root @param {import('../app.js').App} app */
export function createThumbs(root, app) {
  const [fresh, search] = app.actions.page;
  root.append(
    button(search.label, { icon: search.icon, quiet: true, on: { click: () => search.run() } }),
    button('Tools', { icon: 'panel', quiet: true, on: { click: () => app.tools.enter() } }),
    el('span', { class: 'spring' }),
    button(fresh.label, { icon: fresh.icon, primary: true, on: { click: () => fresh.run() } }),
  );
}
