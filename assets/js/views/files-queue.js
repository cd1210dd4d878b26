// What is being uploaded to a folder, below its list.
import { sentence } from '../api.js';
import { button, el, iconButton, setAttr, setText, show } from '../dom.js';
import { nameOf, parentOf } from '../files/listing.js';
import { uploads } from '../files/uploads.js';
import { bytes, share } from '../format.js';
import { setIcon } from '../icons.js';

/** @typedef {import('../files/upload.js').Upload} Upload */
/** @typedef {import('../files/uploads.js').Unfinished} Unfinished */

/** Lines there are at most: the others wait. */
const MOST = 100;

/** @type {Record<import('../files/upload.js').State, string>} */
const WORD = { waiting: 'Waiting', running: '', retrying: '', paused: 'Paused', taken: 'Waiting for your answer', failed: '', done: 'Done' };

/** "3 min", roughly. @param {number} seconds */
const lasts = (seconds) => (seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`);

/** @param {Upload} upload */
function line(upload) {
  const title = el('span', { class: 'ellipsis up-name', text: upload.path, title: upload.path });
  const words = el('span', { class: 'hint up-words' });
  const fill = el('span', { class: 'bar-fill' });
  const bar = el('span', { class: 'bar', role: 'progressbar', 'aria-label': `Upload of ${upload.name}`, 'aria-valuemin': '0', 'aria-valuemax': '100' }, fill);
  const toggle = iconButton('pause', 'Pause', () => (upload.state === 'running' || upload.state === 'retrying' || upload.state === 'waiting' ? void upload.pause() : uploads.resume(upload)));
  const cancel = iconButton('close', 'Cancel', () => (upload.state === 'done' ? uploads.remove(upload) : void uploads.cancel(upload)));
  const element = el('li', { class: 'up' }, el('div', { class: 'up-text' }, title, bar, words), toggle, cancel);
  const picture = toggle.querySelector('.icon');

  const render = () => {
    const { state, sent, size, speed, name } = upload;
    element.dataset.state = state;
    setText(title, upload.path);
    const percent = size ? Math.floor((sent / size) * 100) : state === 'done' ? 100 : 0;
    fill.style.width = `${percent}%`;
    setAttr(bar, 'aria-valuenow', String(percent));
    const pace = state === 'running' && speed ? `${bytes(speed)}/s · ${lasts((size - sent) / speed)} left` : '';
    const amount = state === 'done' ? bytes(size) : share(sent, size);
    setText(words, [amount, pace, upload.words || WORD[state]].filter(Boolean).join(' · '));
    const goes = state === 'running' || state === 'retrying' || state === 'waiting';
    const label = `${goes ? 'Pause' : state === 'failed' ? 'Try again' : 'Go on with'} ${name}`;
    if (picture instanceof SVGSVGElement) setIcon(picture, goes ? 'pause' : state === 'failed' ? 'restart' : 'start');
    for (const [element, text] of /** @type {[HTMLElement, string][]} */ ([[toggle, label], [cancel, `${state === 'done' ? 'Clear' : 'Cancel'} ${name}`]])) {
      setAttr(element, 'aria-label', text);
      setAttr(element, 'title', text);
    }
    show(toggle, state !== 'done' && state !== 'taken');
  };
  render();
  return { upload, element, render };
}

export class FilesQueue {
  #life = new AbortController();
  /** @type {Map<Upload, ReturnType<typeof line>>} */
  #lines = new Map();
  /** @type {AbortController|null} */
  #watching = null;
  #frame = 0;
  /** @type {import('../api-files.js').Place} */
  #place = { id: null };

  /** @param {(words: string) => void} complain */
  constructor(complain) {
    this.complain = complain;
    this.title = el('h3', {});
    this.more = el('p', { class: 'hint up-more' });
    this.list = el('ul', { class: 'ups' });
    this.earlier = el('ul', { class: 'ups' });
    this.pause = button('Pause all', { class: 'small', on: { click: () => this.#all() } });
    this.clear = button('Clear', { class: 'small', title: 'Clear what is over', on: { click: () => uploads.clear(this.#place) } });
    this.picker = el('input', { type: 'file', class: 'unseen', tabindex: '-1', 'aria-hidden': 'true' });
    this.element = el('section', { class: 'file-queue', 'aria-label': 'Uploads', hidden: true }, el('div', { class: 'file-queue-head' }, this.title, el('span', { class: 'spring' }), this.pause, this.clear), this.earlier, this.list, this.more, this.picker);
    uploads.addEventListener('list', () => this.#render(), { signal: this.#life.signal });
  }

  close() {
    this.#life.abort();
    this.#watching?.abort();
    cancelAnimationFrame(this.#frame);
  }

  /** @param {import('../api-files.js').Place} place */
  show(place) {
    this.#place = place;
    this.earlier.replaceChildren();
    this.#render();
    void this.#findEarlier(place);
  }

  get #here() {
    return uploads.of(this.#place);
  }

  #all() {
    const going = this.#here.filter(({ state }) => state === 'running' || state === 'retrying' || state === 'waiting');
    if (going.length) for (const one of going.reverse()) void one.pause();
    else for (const one of this.#here.filter(({ state }) => state === 'paused')) uploads.resume(one);
  }

  #render() {
    const all = this.#here;
    const shown = [...all.filter(({ state }) => state !== 'done'), ...all.filter(({ state }) => state === 'done')].slice(0, MOST);
    for (const [upload, { element }] of this.#lines) {
      if (shown.includes(upload)) continue;
      element.remove();
      this.#lines.delete(upload);
    }
    shown.forEach((upload, at) => {
      const known = this.#lines.get(upload) ?? line(upload);
      this.#lines.set(upload, known);
      if (this.list.children[at] !== known.element) this.list.insertBefore(known.element, this.list.children[at] ?? null);
    });
    setText(this.more, all.length > shown.length ? `… and ${all.length - shown.length} more` : '');
    this.#watching?.abort();
    this.#watching = new AbortController();
    for (const one of all) one.addEventListener('change', () => this.#soon(), { signal: this.#watching.signal });
    this.#figures();
  }

  #soon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#figures());
  }

  #figures() {
    for (const one of this.#lines.values()) one.render();
    const all = this.#here;
    const open = all.filter(({ isOver }) => !isOver);
    const failed = all.filter(({ state }) => state === 'failed').length;
    const size = all.reduce((sum, one) => sum + one.size, 0);
    const sent = all.reduce((sum, one) => sum + Math.min(one.sent, one.size), 0);
    const speed = open.reduce((sum, one) => sum + one.speed, 0);
    const going = open.some(({ state }) => state !== 'paused' && state !== 'taken');
    const done = all.filter(({ state }) => state === 'done').length;
    if (open.length) setText(this.title, `${going ? 'Uploading' : 'Paused'}: ${done} of ${all.length} · ${share(sent, size)}${speed ? ` · ${bytes(speed)}/s · ${lasts((size - sent) / speed)} left` : ''}`);
    else if (all.length) setText(this.title, failed ? `${failed === 1 ? '1 upload' : `${failed} uploads`} did not arrive` : `${done === 1 ? '1 file' : `${done} files`} uploaded`);
    else setText(this.title, 'Unfinished uploads');
    const label = this.pause.querySelector('.button-label');
    if (label) setText(label, going ? 'Pause all' : 'Go on with all');
    show(this.pause, open.length > 0);
    show(this.clear, all.some(({ isOver }) => isOver));
    show(this.element, all.length > 0 || this.earlier.children.length > 0);
  }

  /** @param {import('../api-files.js').Place} place */
  async #findEarlier(place) {
    try {
      const found = await uploads.unfinished(place);
      if (this.#life.signal.aborted || this.#place !== place) return;
      this.earlier.replaceChildren(...found.map((one) => this.#earlierLine(place, one)));
      this.#figures();
    } catch {
      // Nothing is lost: it is looked for again when this is shown next.
    }
  }

  /** @param {import('../api-files.js').Place} place @param {Unfinished} one */
  #earlierLine(place, one) {
    const choose = button('Choose the file', { class: 'small', on: { click: () => this.#choose(place, one, element) } });
    setAttr(choose, 'aria-label', `Choose the file ${nameOf(one.path)} to go on`);
    const give = iconButton('close', `Give up ${nameOf(one.path)}`, async () => {
      try {
        await uploads.giveUp(one);
        element.remove();
        this.#figures();
      } catch (error) {
        this.complain(`It could not be given up: ${sentence(error)}`);
      }
    });
    const element = el(
      'li',
      { class: 'up', data: { state: 'paused' } },
      el('div', { class: 'up-text' }, el('span', { class: 'ellipsis up-name', text: one.path, title: one.path }), el('span', { class: 'hint up-words', text: `${share(one.sent, one.size)} had come when its page was closed. Choose the file again, and it goes on from there.` })),
      choose,
      give,
    );
    return element;
  }

  /** @param {import('../api-files.js').Place} place @param {Unfinished} one @param {HTMLElement} element */
  #choose(place, one, element) {
    this.picker.value = '';
    this.picker.onchange = () => {
      const file = this.picker.files?.[0];
      if (!file) return;
      if (file.size !== one.size) {
        this.complain(`That is another file: ${file.name} has ${bytes(file.size)}, and ${nameOf(one.path)} had ${bytes(one.size)}.`);
        return;
      }
      element.remove();
      uploads.add(place, parentOf(one.path), [{ file, path: nameOf(one.path) }], one.url);
    };
    this.picker.click();
  }
}
