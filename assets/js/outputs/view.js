// What an instance has made: a gallery that fills by itself, its bar, and the big view.
import { sentence } from '../api.js';
import { outputsApi } from '../api-outputs.js';
import { say } from '../announce.js';
import { button, el, iconButton, isTyping, setText, show } from '../dom.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { recall, remember } from '../prefs.js';
import { Grid } from './grid.js';
import { Lightbox } from './lightbox.js';
import { OutputsModel } from './model.js';

/** @typedef {import('../api-outputs.js').Item} Item */

/** @type {readonly (readonly [string, string])[]} */
const KINDS = [
  ['', 'All'],
  ['image', 'Images'],
  ['video', 'Videos'],
  ['audio', 'Audio'],
  ['text', 'Texts'],
  ['other', 'Other'],
];
const SMALLEST = 96;
const LARGEST = 320;
const TYPED = 250;
/** So near to its end the next page is asked for. */
const NEAR = 1200;

export class OutputsView {
  /** @type {number|undefined} */
  #typing;
  #life = new AbortController();
  kind = el('select', { class: 'input gallery-kind', 'aria-label': 'Kind' }, ...KINDS.map(([value, text]) => el('option', { value, text })));
  search = el('input', { type: 'search', class: 'search-input', placeholder: 'Name', 'aria-label': 'Search by name', spellcheck: 'false', autocomplete: 'off' });
  size = el('input', { type: 'range', class: 'gallery-size', min: String(SMALLEST), max: String(LARGEST), step: '16', 'aria-label': 'Size of the pictures' });
  count = el('span', { class: 'muted gallery-count', role: 'status' });
  picked = el('span', { class: 'gallery-picked', role: 'status' });
  picks = el('div', { class: 'tool-bar gallery-picks', role: 'group', 'aria-label': 'Selection', hidden: true });

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} instance */
  constructor(app, instance) {
    this.app = app;
    this.instance = instance;
    this.model = new OutputsModel(instance.id);
    const label = `Outputs of ${instance.data.name}`;
    this.note = el('div', { class: 'nothing gallery-note', role: 'status' });
    this.scroller = el('div', { class: 'gallery-scroll', tabindex: '-1' });
    const doing = {
      open: (/** @type {Item} */ item) => this.box.open(item),
      discard: (/** @type {Item[]} */ items) => void this.#discard(items),
      download: (/** @type {Item[]} */ items) => void this.#download(items),
    };
    this.grid = new Grid(this.model, label, this.scroller, doing);
    this.box = new Lightbox(this.model, label, {
      discard: (items) => this.#discard(items, false),
      download: doing.download,
      closed: (path) => this.#closed(path),
    });
    this.more = el('p', { class: 'muted gallery-more', hidden: true });
    this.scroller.append(this.note, this.grid.element, this.more);
    this.fresh = button('', { icon: 'up', primary: true, class: 'small gallery-fresh', on: { click: () => this.#release() } });
    show(this.fresh, false);
    this.element = el('div', { class: 'tool-view outputs' }, this.#bar(), this.#picks(), el('div', { class: 'gallery-stage' }, this.scroller, this.fresh));
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.#resize(Number(recall('outputs.size', '160')));
    this.model.holds = () => this.scroller.scrollTop > 24 && !this.box.isOpen;
    const { signal } = this.#life;
    this.model.addEventListener('change', () => this.#listed(), { signal });
    this.model.addEventListener('state', () => this.#renderState(), { signal });
    this.model.addEventListener('ticks', () => this.#ticked(), { signal });
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    app.server.addEventListener('link', () => app.server.link === 'live' && void this.model.refresh(), { signal });
    instance.addEventListener('change', () => this.#renderState(), { signal });
    this.#renderState();
  }

  #bar() {
    this.kind.addEventListener('change', () => this.model.setFilter({ kind: this.kind.value }));
    this.search.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.model.setFilter({ words: this.search.value.trim() }), TYPED);
    });
    this.search.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.search.value) return;
      event.stopPropagation();
      this.search.value = '';
      this.model.setFilter({ words: '' });
    });
    this.size.addEventListener('input', () => this.#resize(Number(this.size.value)));
    return el('div', { class: 'tool-bar' }, this.kind, el('label', { class: 'search' }, icon('search'), this.search), this.count, el('span', { class: 'spring' }), el('span', { class: 'only-wide gallery-sizes' }, icon('gallery'), this.size));
  }

  #picks() {
    const chosen = () => [...this.model.ticked.values()];
    this.picks.append(
      this.picked,
      el('span', { class: 'spring' }),
      button('Download', { icon: 'download', class: 'small', on: { click: () => void this.#download(chosen()) } }),
      button('Delete', { icon: 'delete', class: 'small', on: { click: () => void this.#discard(chosen()) } }),
      iconButton('close', 'Select nothing (Esc)', () => this.model.clearTicks()),
    );
    return this.picks;
  }

  /** What is meant for the selection, wherever in the tool the focus is. @param {KeyboardEvent} event */
  #key(event) {
    const { ticked } = this.model;
    if (event.defaultPrevented || !ticked.size || isTyping(event.target) || !['Delete', 'Escape'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') this.model.clearTicks();
    else void this.#discard([...ticked.values()]);
  }

  /** @param {number} pixels */
  #resize(pixels) {
    const size = Math.min(LARGEST, Math.max(SMALLEST, Number.isFinite(pixels) ? pixels : 160));
    this.size.value = String(size);
    remember('outputs.size', String(size));
    this.grid.element.style.setProperty('--tile', `${size}px`);
    this.grid.loader.size = size * devicePixelRatio > 256 ? 512 : 256;
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.model.setShown(shown);
  }

  focus() {
    if (this.model.items.length) this.grid.focus();
    // Not the search: a phone would bring up its keyboard.
    else this.scroller.focus({ preventScroll: true });
  }

  close() {
    clearTimeout(this.#typing);
    this.#life.abort();
    this.box.close();
    this.grid.close();
    this.model.close();
  }

  #listed() {
    this.grid.render();
    if (document.activeElement === this.scroller) this.grid.focus();
    this.#renderState();
    // A page may be shorter than what there is room for.
    requestAnimationFrame(() => this.#scrolled());
  }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    if (!clientHeight) return;
    if (scrollTop <= 24 && this.model.waiting) this.#release();
    if (this.model.more && scrollHeight - scrollTop - clientHeight < NEAR) void this.model.leaf();
  }

  #release() {
    this.model.release();
    this.scroller.scrollTop = 0;
    this.#renderState();
  }

  #ticked() {
    const { ticked } = this.model;
    this.grid.renderTicks();
    const size = [...ticked.values()].reduce((sum, item) => sum + item.size, 0);
    setText(this.picked, ticked.size ? `${ticked.size} selected, ${bytes(size)}` : '');
    const focused = this.picks.contains(document.activeElement);
    show(this.picks, ticked.size > 0);
    if (focused && !ticked.size) this.grid.focus();
  }

  /** @param {string|null} path which was looked at */
  #closed(path) {
    if (path && this.model.items.some((item) => item.path === path)) this.grid.focusOn(path);
    else this.grid.focus();
  }

  /** @param {Item[]} items @param {boolean} [offer] whether the undo is a message of the page @returns {Promise<string|null>} */
  async #discard(items, offer = true) {
    if (!items.length) return null;
    const { toasts } = this.app;
    const what = items.length === 1 ? items[0].name : `${items.length} files`;
    const are = items.length === 1 ? 'is' : 'are';
    try {
      const token = await this.model.discard(items);
      if (!offer) return token;
      const undo = async () => {
        try {
          await this.model.putBack(token);
          toasts.show('ok', `${what} ${are} back.`);
        } catch (error) {
          toasts.show('error', `${what} could not be put back: ${sentence(error)}`);
        }
      };
      toasts.show('ok', `${what} ${are} in the trash.`, { label: 'Undo', run: () => void undo() });
      return token;
    } catch (error) {
      this.#fault(`${what} could not be moved to the trash: ${sentence(error)}`);
      void this.model.refresh();
      return null;
    }
  }

  /** @param {Item[]} items */
  async #download(items) {
    if (!items.length) return;
    try {
      let address = outputsApi.download(this.instance.id, items[0]);
      if (items.length > 1) {
        const paths = items.map(({ path }) => path);
        address = new URL((await outputsApi.archive(this.instance.id, paths)).url, document.baseURI).href;
        say(`The download of ${items.length} files begins.`);
      }
      el('a', { href: address, download: '' }).click();
    } catch (error) {
      this.#fault(`The download could not begin: ${sentence(error)}`);
    }
  }

  /** Where it can be seen: the messages of the page lie under the big view. @param {string} text */
  #fault(text) {
    if (this.box.isOpen) this.box.say(text);
    this.app.toasts.show('error', text);
  }

  #renderState() {
    const { model, fresh } = this;
    const { head, items, waiting, fault } = model;
    setText(/** @type {HTMLElement} */ (fresh.querySelector('.button-label')), `${waiting} new`);
    show(fresh, waiting > 0);
    for (const option of this.kind.options) {
      const [, word] = /** @type {readonly [string, string]} */ (KINDS.find(([value]) => value === option.value));
      const count = head?.kinds[/** @type {import('../api-outputs.js').Kind} */ (option.value)] ?? 0;
      setText(option, option.value && head ? `${word} (${count})` : word);
    }
    setText(this.count, head?.total ? `${head.total.toLocaleString()} ${head.total === 1 ? 'file' : 'files'}` : '');
    this.#renderNote(fault, head, items.length);
    const more = [];
    if (head?.truncated) more.push('There are more files than are looked at here: only the newest folders are shown.');
    if (head?.left_out) more.push(`${head.left_out === 1 ? '1 thing is' : `${head.left_out} things are`} not shown: links, or names that are not valid text.`);
    setText(this.more, more.join(' '));
    show(this.more, more.length > 0);
  }

  /** @param {string|null} fault @param {import('../api-outputs.js').Page|null} head @param {number} count */
  #renderNote(fault, head, count) {
    const { name, status } = this.instance.data;
    const { kind, words } = this.model.filter;
    /** @type {string[]} */
    let lines = [];
    if (fault) lines = [`The outputs could not be read: ${fault}`];
    else if (!head) lines = ['Reading…'];
    else if (!count && (kind || words)) lines = ['Nothing here fits. Choose another kind, or search for another name.'];
    else if (!count) lines = ['Nothing here yet.', status === 'stopped' ? `Start ${name}: what it makes appears here by itself.` : `What ${name} makes appears here by itself.`, `Its folder is ${head.folder}.`];
    if (this.note.dataset.text === lines.join('\n')) return;
    this.note.dataset.text = lines.join('\n');
    this.note.classList.toggle('fault', Boolean(fault));
    this.note.replaceChildren(...lines.map((text) => el('p', { text })));
    show(this.note, lines.length > 0);
  }
}
