// One instance as one row: built once, then only changed.
import { copyText, el, iconButton, setAttr, setText, show } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { STATUS_WORD, ago, firstWayIn, moment, percent, story } from '../format.js';
import { toggleRowMenu } from './menu.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {import('../app.js').App} App */

/** @param {string} name @param {string} title */
function mark(name, title) {
  return el('span', { class: 'mark', title, role: 'img', 'aria-label': title }, icon(name));
}

// Two apps in two tabs at their paths share one origin: cookies, storage, and what can be told of a stray request.
const SHARED_ORIGIN = 'Shares the origin of this page. With several apps open in tabs, their port or host name keeps them apart.';
const OWN_ORIGIN = 'An origin of its own: nothing is shared with other apps.';

const link = () => el('a', { class: 'address', target: '_blank', rel: 'noopener' });

export class InstanceRow {
  /** What a search looks at. */
  text = '';

  /** @param {App} app @param {InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.refs = this.#create();
    this.element = this.refs.row;
    model.addEventListener('change', () => this.render());
    this.render();
  }

  #create() {
    const { app, model } = this;
    const name = el('span', { class: 'name-text' });
    const autostart = mark('power', 'Starts together with AiKore');
    const desktop = mark('desktop', 'Runs in a desktop on the server: closing the browser loses nothing');
    const notes = iconButton('note', 'What was repaired when this instance was imported', () => app.dialogs.notes(model), 'mark-button');
    const nameCell = el('td', { class: 'c-name', role: 'cell' }, el('span', { class: 'cell' }, name, autostart, desktop, notes));

    const blueprint = el('span', { class: 'mono ellipsis' });
    const blueprintCell = el('td', { class: 'c-blueprint', role: 'cell' }, blueprint);

    const picture = icon('stopped');
    const word = el('span', { class: 'status-word' });
    const since = el('span', { class: 'status-since' });
    const why = el('span', { class: 'status-why' });
    const fill = el('span', { class: 'bar-fill' });
    const figure = el('span', { class: 'bar-figure' });
    const track = el('span', { class: 'bar', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': '0', 'aria-valuemax': '100' }, fill);
    const progress = el('span', { class: 'progress' }, track, figure);
    const statusCell = el(
      'td',
      { class: 'c-status', role: 'cell' },
      el('span', { class: 'cell' }, el('span', { class: 'status' }, picture, word), since, progress, why),
    );

    const gpus = el('span', { class: 'mono' });
    const gpuCell = el('td', { class: 'c-gpu', role: 'cell' }, gpus);

    const path = link();
    const port = link();
    const host = link();
    const copy = iconButton('copy', 'Copy the address', () => this.#copy(), 'copy');
    const addressCell = el('td', { class: 'c-address', role: 'cell' }, el('span', { class: 'cell' }, path, port, host, copy));

    const primaryIcon = icon('start');
    const primaryLabel = el('span', { class: 'button-label' });
    const primary = el('button', { type: 'button', class: 'button primary-action', on: { click: (/** @type {MouseEvent} */ event) => this.#primary(event) } }, primaryIcon, primaryLabel);
    const more = iconButton('more', 'More actions', () => toggleRowMenu(app, model, more), 'more');
    setAttr(more, 'aria-haspopup', 'menu');
    setAttr(more, 'aria-expanded', 'false');
    const actionCell = el('td', { class: 'c-actions', role: 'cell' }, el('span', { class: 'cell' }, primary, more));

    const row = el('tr', { class: 'row', role: 'row', tabindex: '-1', data: { id: model.id } }, nameCell, blueprintCell, statusCell, gpuCell, addressCell, actionCell);
    return { row, name, nameCell, autostart, desktop, notes, blueprint, picture, word, since, why, progress, track, fill, figure, gpus, path, port, host, copy, primary, primaryIcon, primaryLabel, more };
  }

  render() {
    const { refs, model } = this;
    const { data } = model;
    refs.row.dataset.status = data.status;
    refs.row.classList.toggle('satellite', data.parent_instance_id !== null);

    setText(refs.name, data.name);
    setAttr(refs.more, 'aria-label', `More actions for ${data.name}`);
    show(refs.autostart, data.autostart);
    show(refs.desktop, data.persistent_mode);
    show(refs.notes, (data.import_notes ?? []).length > 0);
    setText(refs.blueprint, data.base_blueprint);
    setText(refs.gpus, data.gpu_ids ? data.gpu_ids.split(',').join(' ') : '–');

    setIcon(refs.picture, data.status);
    setText(refs.word, STATUS_WORD[data.status] ?? data.status);
    this.renderSince();
    this.#renderProgress();

    this.#renderLink(refs.path, data.urls.path, (url) => url.pathname, SHARED_ORIGIN);
    this.#renderLink(refs.port, data.urls.port, (url) => `:${url.port || (url.protocol === 'https:' ? 443 : 80)}`, OWN_ORIGIN);
    this.#renderLink(refs.host, data.urls.host, (url) => url.hostname, OWN_ORIGIN);
    this.renderActions();
    this.text = `${data.name} ${data.base_blueprint} ${data.slug} ${STATUS_WORD[data.status]} ${data.urls.port ?? ''} ${data.urls.host ?? ''} ${data.reason ?? ''}`.toLowerCase();
  }

  /** @param {HTMLAnchorElement} element @param {string|null} href @param {(url: URL) => string} label @param {string} what */
  #renderLink(element, href, label, what) {
    show(element, Boolean(href));
    if (!href) return;
    setAttr(element, 'href', href);
    setAttr(element, 'title', `${href}\n${what}`);
    setText(element, label(new URL(href, document.baseURI)));
  }

  #renderProgress() {
    const { refs, model } = this;
    const { data } = model;
    const moving = data.status === 'installing' || data.status === 'starting' || data.status === 'stopping';
    const known = moving ? percent(data) : null;
    show(refs.progress, moving && (known !== null || data.status === 'installing'));
    refs.progress.classList.toggle('unknown', known === null);
    refs.fill.style.width = known === null ? '' : `${known}%`;
    setText(refs.figure, known === null ? '' : `${Math.round(known)} %`);
    setAttr(refs.track, 'aria-valuenow', known === null ? null : String(Math.round(known)));
    const text = story(data);
    setText(refs.why, text);
  }

  renderSince() {
    const { since } = this.model.data;
    setText(this.refs.since, ago(since));
    setAttr(this.refs.since, 'title', since ? `Since ${moment(since)}` : null);
  }

  renderActions() {
    const { refs, model, app } = this;
    const action = app.actions.primary(model.data);
    const may = app.actions.enabled(action, model);
    setIcon(refs.primaryIcon, action.icon);
    setText(refs.primaryLabel, action.label);
    refs.primary.dataset.action = action.id;
    setAttr(refs.primary, 'aria-label', `${action.label} ${model.data.name}`);
    setAttr(refs.primary, 'aria-disabled', may === true ? null : 'true');
    setAttr(refs.primary, 'title', may === true ? null : may);
  }

  /** Only the row in hand has its controls in the tab order. @param {boolean} current */
  setCurrent(current) {
    this.element.tabIndex = current ? 0 : -1;
    this.element.classList.toggle('current', current);
    for (const control of this.element.querySelectorAll('a, button')) /** @type {HTMLElement} */ (control).tabIndex = current ? 0 : -1;
  }

  runPrimary() {
    void this.app.actions.run(this.app.actions.primary(this.model.data), this.model);
  }

  openMenu() {
    toggleRowMenu(this.app, this.model, this.refs.more);
  }

  /** @param {MouseEvent} event */
  #primary(event) {
    // The second click of a double click would hit what the first one has put there: Start would become Stop.
    if (event.detail > 1) return;
    this.runPrimary();
  }

  async #copy() {
    const done = await copyText(new URL(firstWayIn(this.model.data.urls), document.baseURI).href);
    if (!done) {
      this.app.toasts.show('warn', 'This browser does not let the page copy. Copy the address from the link instead.');
      return;
    }
    const picture = this.refs.copy.querySelector('svg');
    if (!picture) return;
    setIcon(picture, 'check');
    setTimeout(() => setIcon(picture, 'copy'), 1200);
  }
}
