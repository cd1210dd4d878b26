// Wheels on their way to the shelf: each a line with how far it is, and what went wrong.
import { shelfNews, upload } from '../api-wheels.js';
import { ApiError, sentence } from '../api.js';
import { button, el, iconButton, setAttr, setText, show } from '../dom.js';
import { bytes, share } from '../format.js';
import { icon, setIcon } from '../icons.js';

/** What the server says of it comes after its last byte. */
const WHOLE = 'Being looked at…';

export class WheelUploads {
  /** One at a time: the disk and the line are shared. @type {(() => Promise<void>)[]} */
  #queue = [];
  #busy = false;
  #life = new AbortController();

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.element = el('ul', { class: 'uploads', 'aria-label': 'Uploads' });
    show(this.element, false);
  }

  /** What is under way is ended with the view. */
  close() {
    this.#life.abort();
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) this.#line(file);
  }

  /** @param {File} file */
  #line(file) {
    const picture = icon('starting');
    const words = el('p', { class: 'hint', role: 'status', text: 'Waiting' });
    const fill = el('span', { class: 'bar-fill' });
    const bar = el('span', { class: 'bar', role: 'progressbar', 'aria-label': `Upload of ${file.name}`, 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-valuenow': '0' }, fill);
    const replace = button('Replace', { class: 'small', on: { click: () => again(true) } });
    const retry = button('Send again', { class: 'small', on: { click: () => again(false) } });
    const close = iconButton('close', `Cancel the upload of ${file.name}`, () => {
      stop.abort();
      element.remove();
      this.#renderList();
    });
    const element = el('li', { class: 'upload' }, picture, el('div', { class: 'upload-text' }, el('p', { class: 'mono ellipsis', title: file.name, text: file.name }), bar, words), replace, retry, close);
    let stop = new AbortController();
    this.#life.signal.addEventListener('abort', () => stop.abort(), { once: true });

    /** @param {boolean} overwrite */
    const again = (overwrite) => {
      stop = new AbortController();
      show(replace, false);
      show(retry, false);
      show(bar, true);
      element.dataset.state = 'waiting';
      setIcon(picture, 'starting');
      setText(words, 'Waiting');
      this.#push(async () => {
        if (stop.signal.aborted || this.#life.signal.aborted) return;
        setAttr(close, 'aria-label', `Cancel the upload of ${file.name}`);
        element.dataset.state = 'running';
        const onProgress = (/** @type {number} */ sent) => {
          const percent = file.size ? Math.round((sent / file.size) * 100) : 100;
          fill.style.width = `${percent}%`;
          setAttr(bar, 'aria-valuenow', String(percent));
          setText(words, sent < file.size ? share(sent, file.size) : WHOLE);
        };
        onProgress(0);
        try {
          await upload(file, { overwrite, signal: stop.signal, onProgress });
          element.remove();
          this.app.toasts.show('ok', `${file.name} (${bytes(file.size)}) is on the shelf.`);
          shelfNews.dispatchEvent(new Event('change'));
        } catch (error) {
          if (error instanceof DOMException && error.name === 'AbortError') return;
          element.dataset.state = 'failed';
          setIcon(picture, 'error');
          setText(words, sentence(error));
          setAttr(close, 'aria-label', `Forget the upload of ${file.name}`);
          show(bar, false);
          const status = error instanceof ApiError ? error.status : 0;
          show(replace, status === 409);
          show(retry, status === 0 || status >= 500 || status === 408 || status === 400);
        } finally {
          this.#renderList();
        }
      });
    };
    this.element.append(element);
    this.#renderList();
    again(false);
  }

  #renderList() {
    show(this.element, this.element.childElementCount > 0);
  }

  /** @param {() => Promise<void>} work */
  #push(work) {
    this.#queue.push(work);
    if (!this.#busy) void this.#work();
  }

  async #work() {
    this.#busy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) await next();
    this.#busy = false;
  }
}
