// Which wheels of the shelf an instance has.
import { shelfNews, wheels } from '../api-wheels.js';
import { sentence } from '../api.js';
import { button, el, iconButton, setText, show } from '../dom.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { tick } from './dialog.js';
import { keepUp } from './keyed.js';

/** @typedef {import('../api-wheels.js').Offered} Offered */

export class InstanceWheels {
  #life = new AbortController();
  #shown = false;
  #sending = false;
  /** @type {Offered[]|null} */
  #list = null;
  /** What is ticked otherwise than it is. @type {Map<string, boolean>} */
  #changed = new Map();

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.count = el('span', { class: 'muted ellipsis', role: 'status' });
    this.undo = button('Undo', { icon: 'undo', quiet: true, class: 'small', on: { click: () => this.#forget() } });
    this.apply = button('Apply', { icon: 'check', primary: true, class: 'small', on: { click: () => void this.#send() } });
    this.errorText = el('p', {});
    this.error = el('div', { class: 'v-note v-error', role: 'alert', hidden: true }, icon('error'), this.errorText);
    this.shared = el('p', { class: 'hint' });
    this.empty = el(
      'div',
      { class: 'nothing', hidden: true },
      el('p', { text: 'There is no wheel on the shelf yet. Put some there first.' }),
      button('Open the shelf', { icon: 'wheel', on: { click: () => app.tools.open('wheels') } }),
    );
    this.items = el('ul', { class: 'wheel-list' });
    this.body = el('div', { class: 'sheet v-sheet', tabindex: '0', role: 'region', 'aria-label': `Wheels of ${model.data.name}` }, this.error, this.shared, this.empty, this.items);
    this.element = el(
      'div',
      { class: 'tool-view wheels' },
      el('div', { class: 'tool-bar' }, this.count, el('span', { class: 'spring' }), iconButton('wheel', 'Open the shelf', () => app.tools.open('wheels')), iconButton('restart', 'Look again', () => void this.load()), this.undo, this.apply),
      this.body,
    );
    const { signal } = this.#life;
    shelfNews.addEventListener('change', () => this.#shown && void this.load(), { signal });
    app.server.addEventListener('link', () => {
      if (app.server.link === 'live' && this.#shown) void this.load();
      this.#renderBar();
    }, { signal });
    this.#renderBar();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    if (shown) void this.load();
  }

  focus() {
    this.body.focus({ preventScroll: true });
  }

  close() {
    this.#life.abort();
  }

  async load() {
    try {
      const list = await wheels.of(this.model.id);
      if (this.#life.signal.aborted) return;
      this.#list = list;
      this.#setError(null);
      this.#render();
    } catch (error) {
      if (!this.#life.signal.aborted) this.#setError(`The wheels could not be read: ${sentence(error)}`);
    }
  }

  /** @param {string|null} text */
  #setError(text) {
    setText(this.errorText, text ?? '');
    show(this.error, Boolean(text));
    if (text) this.error.scrollIntoView({ block: 'nearest' });
  }

  #render() {
    const list = this.#list ?? [];
    const known = new Map(list.map((one) => [one.filename, one.installed]));
    for (const [name, want] of this.#changed) if (!known.has(name) || known.get(name) === want) this.#changed.delete(name);
    const parent = this.app.instances.get(this.model.data.parent_instance_id);
    setText(this.shared, parent ? `A satellite shares the folder of ${parent.data.name}: these are the wheels of both.` : '');
    show(this.shared, Boolean(parent));
    show(this.empty, list.length === 0);
    keepUp(this.items, list, (one) => this.#row(one));
    this.#renderBar();
  }

  /** @param {Offered} one */
  #row(one) {
    const { element, input } = tick('', this.#changed.get(one.filename) ?? one.installed);
    input.addEventListener('change', () => {
      if (input.checked === one.installed) this.#changed.delete(one.filename);
      else this.#changed.set(one.filename, input.checked);
      this.#setError(null);
      this.#renderBar();
    });
    const words = /** @type {HTMLElement} */ (element.lastElementChild);
    words.append(
      el('span', { class: 'mono break', text: one.filename }),
      el('span', { class: 'muted', text: ` ${bytes(one.size)}` }),
    );
    if (one.misfit) words.append(el('span', { class: 'hint misfit' }, icon('warn'), el('span', { text: one.misfit })));
    if (!one.on_shelf) words.append(el('span', { class: 'hint', text: 'Only in this instance, not on the shelf: without the tick it is deleted.' }));
    return el('li', { data: { name: one.filename } }, element);
  }

  #renderBar() {
    const list = this.#list;
    const installed = list?.filter((one) => one.installed).length ?? 0;
    const changes = this.#changed.size;
    const words = list ? `${installed} of ${list.length} in ${this.model.data.name}` : 'Reading…';
    setText(this.count, changes ? `${words} · ${changes === 1 ? '1 change' : `${changes} changes`} not applied` : words);
    show(this.undo, changes > 0);
    this.apply.disabled = changes === 0 || this.#sending || this.app.server.link !== 'live';
    this.apply.classList.toggle('busy', this.#sending);
  }

  #forget() {
    this.#changed.clear();
    for (const box of this.items.querySelectorAll('input')) {
      const name = /** @type {HTMLElement} */ (box.closest('li')).dataset.name;
      box.checked = this.#list?.find(({ filename }) => filename === name)?.installed ?? false;
    }
    this.#setError(null);
    this.#renderBar();
  }

  async #send() {
    const list = this.#list ?? [];
    const wanted = list.filter(({ filename, installed }) => this.#changed.get(filename) ?? installed).map(({ filename }) => filename);
    this.#sending = true;
    this.#setError(null);
    this.#renderBar();
    try {
      await wheels.choose(this.model.id, wanted);
      this.#changed.clear();
      this.app.toasts.show('ok', `${this.model.data.name} has ${wanted.length === 1 ? '1 wheel' : `${wanted.length} wheels`} now. Its script finds them in its folder wheels/ at the next start.`);
      await this.load();
    } catch (error) {
      this.#setError(`Nothing is lost, but not all was applied: ${sentence(error)}`);
    } finally {
      this.#sending = false;
      this.#renderBar();
    }
  }
}
