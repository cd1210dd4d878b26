// The shelf: Python packages, built once and kept for every instance.
import { shelfNews, wheels } from '../api-wheels.js';
import { sentence } from '../api.js';
import { button, el, iconButton, setText, show } from '../dom.js';
import { ago, bytes, moment } from '../format.js';
import { icon } from '../icons.js';
import { Dialog } from './dialog.js';
import { keepUp } from './keyed.js';
import { WheelUploads } from './wheel-uploads.js';

/** @typedef {import('../api-wheels.js').Wheel} Wheel */

/** What is known of the card, CUDA and torch a wheel is for. @param {Wheel} wheel */
function purpose({ cuda_arch, cuda_ver, torch_ver }) {
  const known = [['GPU arch', cuda_arch], ['CUDA', cuda_ver.replace(/^cu(\d+)(\d)$/, '$1.$2')], ['torch', torch_ver]].filter(([, value]) => value !== 'N/A');
  return known.map(([name, value]) => `${name} ${value}`).join(' · ') || '–';
}

export class WheelShelf {
  #life = new AbortController();
  #shown = false;
  #busy = false;
  #again = false;
  /** @type {Wheel[]|null} */
  #list = null;

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.uploads = new WheelUploads(app);
    this.count = el('span', { class: 'muted' });
    this.input = el('input', { type: 'file', accept: '.whl', multiple: true, hidden: true, 'aria-label': 'Wheels to put on the shelf' });
    this.pick = button('Upload wheels', { icon: 'up', class: 'small', on: { click: () => this.input.click() } });
    this.note = el('p', { class: 'nothing', role: 'status', text: 'Reading…' });
    this.body = el('tbody', {});
    /** @param {string} text @param {string} name */
    const head = (text, name) => el('th', { scope: 'col', class: name, text });
    this.table = el(
      'table',
      { class: 'sheet-table wheel-table', 'aria-label': 'Wheels on the shelf' },
      el('thead', {}, el('tr', {}, head('Wheel', 'w-name'), head('Fits', 'w-fits'), head('Built for', 'w-for'), head('Put there', 'w-when'), head('Size', 'w-size'), head('Actions', 'w-actions'))),
      this.body,
    );
    this.scroller = el('div', { class: 'sheet', tabindex: '0', role: 'region', 'aria-label': 'The shelf of wheels' }, this.uploads.element, this.note, this.table);
    this.element = el('div', { class: 'tool-view wheels' }, el('div', { class: 'tool-bar' }, this.count, el('span', { class: 'spring' }), iconButton('restart', 'Look again', () => void this.load()), this.pick, this.input), this.scroller);
    show(this.table, false);
    this.#takeFiles();
    const { signal } = this.#life;
    shelfNews.addEventListener('change', () => void this.load(), { signal });
    app.server.addEventListener('link', () => app.server.link === 'live' && this.#shown && void this.load(), { signal });
  }

  /** By the button, or dropped anywhere on the view. */
  #takeFiles() {
    this.input.addEventListener('change', () => {
      this.uploads.add(this.input.files ?? []);
      this.input.value = '';
    });
    let inside = 0;
    /** @param {DragEvent} event */
    const holdsFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;
    const mark = () => this.element.classList.toggle('dropping', inside > 0);
    this.element.addEventListener('dragenter', (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      inside += 1;
      mark();
    });
    this.element.addEventListener('dragover', (event) => holdsFiles(event) && event.preventDefault());
    this.element.addEventListener('dragleave', (event) => {
      if (!holdsFiles(event)) return;
      inside = Math.max(0, inside - 1);
      mark();
    });
    this.element.addEventListener('drop', (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      inside = 0;
      mark();
      this.uploads.add(event.dataTransfer?.files ?? []);
    });
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    if (shown) void this.load();
  }

  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  close() {
    this.#life.abort();
    this.uploads.close();
  }

  async load() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      this.#list = await wheels.shelf();
      this.#render();
    } catch (error) {
      setText(this.note, `The shelf could not be read: ${sentence(error)}`);
      show(this.note, true);
    } finally {
      this.#busy = false;
      if (this.#again) {
        this.#again = false;
        void this.load();
      }
    }
  }

  #render() {
    const list = this.#list ?? [];
    keepUp(this.body, list, (wheel) => this.#row(wheel));
    const total = list.reduce((sum, { size }) => sum + size, 0);
    setText(this.count, list.length ? `${list.length === 1 ? '1 wheel' : `${list.length} wheels`} · ${bytes(total)}` : '');
    setText(this.note, 'The shelf is empty. Put wheels (.whl) here, by the button or by dropping them, and every instance can have them without building them again.');
    show(this.note, list.length === 0);
    show(this.table, list.length > 0);
  }

  /** @param {Wheel} wheel */
  #row(wheel) {
    const { filename, name, version, python, abi, platform, source_preset, size, modified } = wheel;
    const download = el('a', { class: 'icon-button', href: wheels.file(filename), download: filename, title: `Download ${filename}`, 'aria-label': `Download ${filename}` }, icon('download'));
    /** @param {string} column @param {...(Node|null)} rest */
    const cell = (column, ...rest) => el('td', { class: column }, ...rest);
    return el(
      'tr',
      {},
      cell('w-name', el('strong', { text: name }), el('span', { class: 'mono', text: ` ${version}` }), el('span', { class: 'hint mono', text: filename })),
      cell('w-fits', el('span', { class: 'mono', text: `${python} · ${abi} · ${platform.split('.')[0]}`, title: platform })),
      cell('w-for', el('span', { text: purpose(wheel) }), source_preset === 'Unknown' ? null : el('span', { class: 'hint', text: source_preset })),
      cell('w-when', el('span', { title: moment(modified), text: `${ago(modified)} ago` })),
      cell('w-size', el('span', { text: bytes(size) })),
      cell('w-actions', el('span', { class: 'cell' }, download, iconButton('delete', `Delete ${filename}`, () => this.#askRemove(wheel)))),
    );
  }

  /** @param {Wheel} wheel */
  #askRemove({ filename, size }) {
    const dialog = new Dialog({
      title: 'Delete this wheel?',
      className: 'dialog-delete',
      submit: 'Delete for good',
      danger: true,
      onSubmit: async () => {
        await wheels.remove(filename);
        dialog.close();
        this.app.toasts.show('ok', `${filename} is off the shelf.`);
        shelfNews.dispatchEvent(new Event('change'));
        this.focus();
      },
    });
    dialog.body.append(
      el('p', { class: 'with-icon' }, icon('warn'), el('span', {}, el('span', { class: 'mono break', text: filename }), ` (${bytes(size)}) is removed from the disk. Instances that have it keep their copy.`)),
    );
    dialog.open(dialog.cancel);
  }
}
