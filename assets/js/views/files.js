// The files of an instance, or of the shared models: looked through, uploaded, downloaded, renamed, deleted.
import { files } from '../api-files.js';
import { sentence } from '../api.js';
import { button, el, iconButton, isTyping, setAttr, setText, show } from '../dom.js';
import { chosen, takeDropped } from '../files/take.js';
import { nameOf, parentOf } from '../files/listing.js';
import { uploads } from '../files/uploads.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { askTaken } from './files-dialogs.js';
import { FilesDeeds } from './files-deeds.js';
import { FilesGrid } from './files-grid.js';
import { FilesQueue } from './files-queue.js';
import { Crumbs } from './files-crumbs.js';
import { openMenu } from './menu.js';

/** @typedef {import('../api-files.js').Place} Place */

export class FilesView {
  #life = new AbortController();
  #shown = false;
  /** The question that is under way. @type {AbortController|null} */
  #asking = null;
  /** @type {import('../api-files.js').Listing|null} */
  #listing = null;
  /** @type {number|undefined} */
  #timer;
  #dragged = 0;

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} [model] none: the models */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    /** Where one is, in each of the places. @type {{ place: Place, path: string }[]} */
    this.places = [...(model ? [{ place: { id: model.id }, path: '' }] : []), { place: { id: null }, path: '' }];
    this.here = this.places[0];
    const words = model ? `Files of ${model.data.name}` : 'Models';
    this.grid = new FilesGrid(words, {
      open: (entry) => this.deeds.open(entry),
      menu: (entry, anchor) => this.deeds.menu(entry, anchor),
      rename: (entry, name) => this.deeds.rename(entry, name),
      remove: () => void this.deeds.remove(),
      up: () => this.up(),
    });
    this.deeds = new FilesDeeds(app, this);
    this.queue = new FilesQueue((text) => app.toasts.show('error', text));
    this.crumbs = new Crumbs((path) => this.go(path));
    /** @param {boolean} folder */
    const picker = (folder) => {
      const input = el('input', { type: 'file', class: 'unseen', tabindex: '-1', 'aria-hidden': 'true', multiple: true, webkitdirectory: folder });
      input.addEventListener('change', () => {
        if (input.files) this.#upload(chosen(input.files));
        input.value = '';
      });
      return input;
    };
    this.filePicker = picker(false);
    this.folderPicker = picker(true);
    this.filter = el('input', { type: 'search', class: 'search-input', 'aria-label': 'Filter by name', placeholder: 'Filter' });
    this.add = button('Upload', { icon: 'upload', class: 'small', on: { click: () => this.#uploadMenu() } });
    setAttr(this.add, 'aria-haspopup', 'menu');
    const bar = el(
      'div',
      { class: 'tool-bar file-bar' },
      this.model ? this.#placeSwitch() : null,
      this.crumbs.element,
      el('span', { class: 'spring' }),
      el('div', { class: 'search file-filter' }, icon('search'), this.filter),
      iconButton('restart', 'Look again', () => void this.load()),
      iconButton('folder-add', 'New folder', () => this.deeds.newFolder()),
      this.add,
    );
    this.count = el('span', {});
    this.chosenBar = el(
      'div',
      { class: 'tool-bar file-chosen', role: 'group', 'aria-label': 'What is chosen', hidden: true },
      this.count,
      el('span', { class: 'spring' }),
      button('Download', { icon: 'download', class: 'small', on: { click: () => this.deeds.download() } }),
      button('Delete', { icon: 'delete', class: 'small', on: { click: () => void this.deeds.remove() } }),
      iconButton('close', 'Choose nothing', () => this.grid.choice.none()),
    );
    this.note = el('p', { class: 'nothing file-note', role: 'status', text: 'Reading…' });
    this.again = button('Try again', { icon: 'restart', class: 'small', on: { click: () => void this.load() } });
    this.noted = el('div', { class: 'file-noted' }, this.note, this.again);
    show(this.again, false);
    this.cut = el('p', { class: 'hint file-cut', hidden: true });
    this.stage = el('div', { class: 'file-stage' }, this.grid.element, this.noted, el('p', { class: 'file-drop', 'aria-hidden': 'true', text: 'Drop files or folders here' }));
    this.element = el('div', { class: 'tool-view files-view' }, bar, this.chosenBar, this.stage, this.cut, this.queue.element, this.filePicker, this.folderPicker);
    this.#listen();
  }

  #placeSwitch() {
    const names = ['This instance', 'Models'];
    const buttons = this.places.map((place, at) =>
      el('button', { type: 'button', class: 'file-place', 'aria-pressed': String(at === 0), text: names[at], on: { click: () => {
        this.here = place;
        buttons.forEach((one, index) => setAttr(one, 'aria-pressed', String(index === at)));
        this.#listing = null;
        this.filter.value = '';
        this.grid.choice.none();
        void this.load();
        this.queue.show(this.here.place);
      } } }),
    );
    return el('div', { class: 'file-places', role: 'group', 'aria-label': 'Whose files' }, ...buttons);
  }

  #listen() {
    const { signal } = this.#life;
    const { stage, grid, app } = this;
    this.filter.addEventListener('input', () => this.#render());
    this.filter.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' && event.key !== 'ArrowDown') return;
      event.stopPropagation();
      if (event.key === 'Escape') {
        this.filter.value = '';
        this.#render();
      }
      this.focus();
    });
    grid.choice.addEventListener('change', () => this.#renderChosen());
    this.element.addEventListener('paste', (event) => {
      if (event.clipboardData?.files.length && !isTyping(event.target)) this.#upload(chosen(event.clipboardData.files));
    });
    /** @param {DragEvent} event */
    const brings = (event) => Boolean(event.dataTransfer?.types.includes('Files'));
    stage.addEventListener('dragenter', (event) => brings(event) && this.#drag(1));
    stage.addEventListener('dragleave', (event) => brings(event) && this.#drag(-1));
    stage.addEventListener('dragover', (event) => brings(event) && event.preventDefault());
    stage.addEventListener('drop', (event) => {
      if (!brings(event) || !event.dataTransfer) return;
      event.preventDefault();
      this.#drag(-this.#dragged);
      const { place, path } = this.here;
      takeDropped(event.dataTransfer).then(
        (brought) => this.#upload(brought, place, path),
        (error) => app.toasts.show('error', `What was dropped could not be read: ${sentence(error)}`),
      );
    });
    uploads.addEventListener('taken', () => this.#shown && askTaken(), { signal });
    uploads.addEventListener('done', (event) => this.#arrived(/** @type {CustomEvent<import('../files/upload.js').Upload>} */ (event).detail), { signal });
    app.server.addEventListener('link', () => {
      if (app.server.link !== 'live') return;
      uploads.wake();
      this.#soon(0);
    }, { signal });
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    clearTimeout(this.#timer);
    if (!shown) return;
    void this.load();
    this.queue.show(this.here.place);
    if (uploads.taken.length) askTaken();
  }

  get isShown() {
    return this.#shown;
  }

  focus() {
    this.grid.element.focus({ preventScroll: true });
  }

  close() {
    this.#shown = false;
    this.#life.abort();
    this.#asking?.abort();
    clearTimeout(this.#timer);
    this.grid.close();
    this.queue.close();
  }

  /** @param {string} path @param {string} [then] what is to be found there */
  go(path, then) {
    this.here.path = path;
    this.filter.value = '';
    this.grid.choice.none();
    this.grid.choice.active = then ?? null;
    this.grid.element.scrollTop = 0;
    this.#listing = null;
    void this.load().then(() => then && this.grid.reveal(then));
  }

  async load() {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    const { place, path } = this.here;
    this.crumbs.show(path, place.id === null ? 'Models' : (this.model?.data.name ?? 'Files'));
    if (!this.#listing) this.#say('Reading…');
    try {
      const listing = await files.list(place, path, asking.signal);
      if (asking.signal.aborted) return;
      this.#listing = listing;
      this.#render();
    } catch (error) {
      if (asking.signal.aborted) return;
      this.#listing = null;
      this.grid.put([], '');
      this.#say(sentence(error), true);
    }
  }

  /** @param {number} wait */
  #soon(wait) {
    clearTimeout(this.#timer);
    if (this.#shown) this.#timer = setTimeout(() => void this.load(), wait);
  }

  /** In the place of the list. @param {string} text @param {boolean} [wrong] */
  #say(text, wrong = false) {
    setText(this.note, text);
    setAttr(this.note, 'role', wrong ? 'alert' : 'status');
    show(this.noted, Boolean(text));
    show(this.again, wrong);
  }

  #render() {
    const listing = this.#listing;
    if (!listing) return;
    this.grid.put(listing.entries, this.filter.value);
    const empty = this.here.place.id !== null && !this.here.path ? 'Nothing is here yet: the first start fills it. Drop files here to upload them.' : 'This folder is empty. Drop files or folders here to upload them.';
    if (!listing.entries.length) this.#say(empty);
    else if (!this.grid.shown.length) this.#say(`Nothing here has “${this.filter.value}” in its name.`);
    else this.#say('');
    setText(this.cut, listing.truncated ? `There is more here than can be shown: these are the first ${listing.entries.length.toLocaleString()}.` : '');
    show(this.cut, listing.truncated);
  }

  get picked() {
    const { choice } = this.grid;
    return choice.names.map((name) => this.grid.entry(name)).filter((entry) => entry !== null);
  }

  #renderChosen() {
    const picked = this.picked;
    const size = picked.reduce((sum, one) => sum + one.size, 0);
    setText(this.count, `${picked.length} chosen${size ? ` · ${bytes(size)}` : ''}`);
    show(this.chosenBar, picked.length > 1);
  }

  up() {
    const { path } = this.here;
    if (path) this.go(parentOf(path), nameOf(path));
  }

  #uploadMenu() {
    openMenu({
      anchor: this.add,
      label: 'Upload',
      items: [
        { label: 'Files', icon: 'file', run: () => this.filePicker.click() },
        { label: 'A folder', icon: 'folder', run: () => this.folderPicker.click() },
      ],
    });
  }

  /** @param {import('../files/take.js').Brought[]} brought @param {Place} [place] @param {string} [path] */
  #upload(brought, place = this.here.place, path = this.here.path) {
    if (brought.length) uploads.add(place, path, brought);
  }

  /** @param {import('../files/upload.js').Upload} upload */
  #arrived({ place, path }) {
    const { here } = this;
    if (place.id === here.place.id && (!here.path || path.startsWith(`${here.path}/`))) this.#soon(250);
    const open = uploads.of(place).filter(({ isOver }) => !isOver).length;
    const done = uploads.of(place).filter(({ state }) => state === 'done').length;
    if (!open && this.#shown && place.id === here.place.id) this.app.toasts.show('ok', done === 1 ? `${nameOf(path)} is uploaded.` : `${done} files are uploaded.`);
  }

  /** @param {number} more */
  #drag(more) {
    this.#dragged = Math.max(0, this.#dragged + more);
    this.stage.classList.toggle('dropping', this.#dragged > 0);
  }
}
