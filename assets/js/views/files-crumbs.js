// The way to a folder, each part of it a way back.
import { el, setAttr } from '../dom.js';
import { crumbs } from '../files/listing.js';

export class Crumbs {
  #shown = '';

  /** @param {(path: string) => void} go */
  constructor(go) {
    this.go = go;
    this.list = el('ol', { class: 'crumbs' });
    this.element = el('nav', { class: 'crumb-bar', 'aria-label': 'Folder' }, this.list);
  }

  /** @param {string} path @param {string} root how the outermost is called */
  show(path, root) {
    const key = `${root}\n${path}`;
    if (key === this.#shown) return;
    this.#shown = key;
    const parts = [{ name: root, path: '' }, ...crumbs(path)];
    this.list.replaceChildren(
      ...parts.map((part, at) => {
        const last = at === parts.length - 1;
        const link = el('button', { type: 'button', class: 'crumb', text: part.name, on: { click: () => this.go(part.path) } });
        setAttr(link, 'aria-current', last ? 'location' : null);
        return el('li', {}, link);
      }),
    );
    this.element.scrollLeft = this.element.scrollWidth;
  }
}
