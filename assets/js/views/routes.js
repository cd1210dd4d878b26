// Every way in: where it leads, what goes through it, and what went wrong last. Asked for again while it is to be seen.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { recallJson, rememberJson } from '../prefs.js';
import { KEYS, sorted, textOf, turned, waysOf } from '../routes/model.js';
import { createRow } from '../routes/row.js';
import { matcher } from '../table/arrange.js';

/** @typedef {import('../routes/model.js').Route} Route */
/** @typedef {import('../routes/model.js').Sort} Sort */

const EVERY = 2000;
const SORT = 'routes.sort';
/** @type {readonly (readonly [column: string, label: string])[]} */
const COLUMNS = [
  ['name', 'Instance'],
  ['ways', 'Ways in'],
  ['target', 'Leads to'],
  ['open', 'Open'],
  ['requests', 'Requests'],
  ['failures', 'Failed'],
  ['traffic', 'Traffic'],
  ['error', 'Last failure'],
];

/** @returns {Sort|null} */
function rememberedSort() {
  const sort = recallJson(SORT, /** @type {Partial<Sort>|null} */ (null));
  return sort && typeof sort.by === 'string' && sort.by in KEYS ? { by: sort.by, down: sort.down === true } : null;
}

export class RoutesView {
  #life = new AbortController();
  #shown = false;
  #busy = false;
  /** @type {number|undefined} */
  #timer;
  /** @type {Route[]|null} */
  #routes = null;
  /** @type {Map<number, ReturnType<typeof createRow>>} */
  #rows = new Map();
  #sort = rememberedSort();

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.count = el('span', { class: 'muted ellipsis' });
    this.stale = el('span', { class: 'route-stale ellipsis', role: 'status' });
    this.filter = el('input', { type: 'search', class: 'search-input', 'aria-label': 'Filter routes', placeholder: 'Filter', autocomplete: 'off', spellcheck: 'false' });
    this.filter.addEventListener('input', () => this.#render());
    this.filter.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.filter.value) return;
      this.filter.value = '';
      this.#render();
      event.stopPropagation();
    });
    this.heads = COLUMNS.map(([id, label]) => this.#head(id, label));
    this.body = el('tbody', {});
    this.table = el('table', { class: 'sheet-table route-table', 'aria-label': 'Ways in' }, el('thead', {}, el('tr', {}, ...this.heads.map(({ element }) => element))), this.body);
    const fresh = app.actions.page[0];
    this.words = el('p', { role: 'status', text: 'Reading…' });
    this.make = button(fresh.label, { icon: fresh.icon, primary: true, on: { click: fresh.run } });
    this.nothing = el('div', { class: 'nothing' }, this.words, this.make);
    this.scroller = el('div', { class: 'sheet', tabindex: '0', role: 'region', 'aria-label': 'Every way in' }, this.nothing, this.table);
    this.element = el(
      'div',
      { class: 'tool-view routes' },
      el('div', { class: 'tool-bar' }, this.count, this.stale, el('span', { class: 'spring' }), el('label', { class: 'search' }, icon('search'), this.filter)),
      this.scroller,
    );
    const { signal } = this.#life;
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    app.server.addEventListener('link', () => this.#look(), { signal });
    for (const name of ['any', 'remove']) app.instances.addEventListener(name, () => this.#render(), { signal });
    this.#renderHeads();
    this.#render();
  }

  /** @param {string} id @param {string} label */
  #head(id, label) {
    if (!(id in KEYS)) return { id, label, element: el('th', { scope: 'col', class: `r-${id}`, text: label }), arrow: null };
    const arrow = icon('down');
    arrow.classList.add('sort-arrow');
    const sort = el('button', { type: 'button', class: 'sort', on: { click: () => this.#turn(id) } }, el('span', { text: label }), arrow);
    return { id, label, element: el('th', { scope: 'col', class: `r-${id}` }, sort), arrow };
  }

  /** @param {string} id */
  #turn(id) {
    this.#sort = turned(this.#sort, id);
    rememberJson(SORT, this.#sort);
    this.#renderHeads();
    this.#render();
  }

  #renderHeads() {
    for (const { id, element, arrow } of this.heads) {
      const on = this.#sort?.by === id ? this.#sort : null;
      setAttr(element, 'aria-sort', on ? (on.down ? 'descending' : 'ascending') : null);
      if (arrow) setIcon(arrow, on && !on.down ? 'up' : 'down');
    }
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.#look();
  }

  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  close() {
    this.#shown = false;
    clearTimeout(this.#timer);
    this.#life.abort();
  }

  /** Asks now and again, as long as somebody sees it and the server is there. */
  #look() {
    clearTimeout(this.#timer);
    if (!this.#shown || document.hidden || this.app.server.link === 'lost') return;
    void this.#load();
  }

  async #load() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#routes = await panel.routes();
      setText(this.stale, '');
      this.#render();
    } catch (error) {
      const words = `The routes could not be read. ${sentence(error)}`;
      if (this.#routes) setText(this.stale, words);
      else setText(this.words, words);
    } finally {
      this.#busy = false;
      clearTimeout(this.#timer);
      if (this.#shown && !this.#life.signal.aborted) this.#timer = setTimeout(() => this.#look(), EVERY);
    }
  }

  #render() {
    if (!this.#routes) {
      show(this.table, false);
      show(this.make, false);
      return;
    }
    const base = document.baseURI;
    // What was deleted is gone at once, not only when the server is asked again.
    const routes = this.#routes.filter(({ instance_id }) => !this.app.instances.known || this.app.instances.get(instance_id));
    const fits = matcher(this.filter.value);
    const shown = sorted(routes, this.#sort).filter((route) => fits(textOf(route, base)));
    const elements = shown.map((route) => {
      const { instance_id: id } = route;
      let row = this.#rows.get(id);
      if (!row) this.#rows.set(id, (row = createRow(this.app, route, (which) => this.#goTo(which))));
      row.render(route);
      return row.element;
    });
    for (const [id, { element }] of this.#rows) {
      if (elements.includes(element)) continue;
      element.remove();
      if (!routes.some(({ instance_id }) => instance_id === id)) this.#rows.delete(id);
    }
    elements.forEach((element, at) => this.body.children[at] !== element && this.body.insertBefore(element, this.body.children[at] ?? null));
    const addresses = routes.reduce((sum, route) => sum + waysOf(route, base).length, 0);
    const some = (/** @type {number} */ count, /** @type {string} */ one, /** @type {string} */ many) => `${count} ${count === 1 ? one : many}`;
    setText(this.count, routes.length ? `${some(routes.length, 'instance', 'instances')} · ${some(addresses, 'address', 'addresses')}` : '');
    setText(this.words, routes.length ? `Nothing here matches “${this.filter.value.trim()}”.` : 'There is no instance yet, and so no way in to one. Each gets a path, and a port or a host name where it has one.');
    show(this.make, routes.length === 0);
    show(this.nothing, shown.length === 0);
    show(this.table, shown.length > 0);
  }

  /** @param {number} id */
  #goTo(id) {
    this.app.tools.leave();
    this.app.table.focusRow(id);
  }
}
