// Everything that is being uploaded from this page, whichever tool it was given to. A model: no DOM.
import { files } from '../api-files.js';
import { plainly } from '../api.js';
import { part } from '../load.js';
import { another, within } from './listing.js';
import { Upload } from './upload.js';

/** @typedef {import('../api-files.js').Place} Place */
/** @typedef {import('./take.js').Brought} Brought */
/** @typedef {'replace'|'both'|'skip'} Answer what to do where something has the name */
/** Begun by an earlier page. @typedef {{ key: string, url: string, path: string, size: number, sent: number }} Unfinished */

/** At once: a browser has six connections, and the page needs some. */
const LANES = 3;

const TUS = { 'Tus-Resumable': '1.0.0' };

const library = () => part(() => import('../../vendor/tus.js'));

/** Emits `list` (something came or went), `done` (detail: the upload) and `taken`. */
class Uploads extends EventTarget {
  /** @type {Upload[]} */
  list = [];
  /** What was answered for all that follow. @type {Answer|null} */
  #forAll = null;

  /** @param {Place} place */
  of(place) {
    return this.list.filter((one) => one.place.id === place.id);
  }

  /** @param {Place} place @param {string} folder @param {Brought[]} brought @param {string} [begun] the address of the one that goes on */
  add(place, folder, brought, begun) {
    const address = files.uploads(place);
    // An answer for all is about what was under way then.
    if (!this.list.some((one) => !one.isOver)) this.#forAll = null;
    const fresh = brought.map(({ file, path }) => new Upload(file, place, within(folder, path), address, begun));
    for (const one of fresh) one.addEventListener('change', () => this.#changed(one));
    this.list.push(...fresh);
    this.dispatchEvent(new Event('list'));
    this.#next();
    return fresh;
  }

  /** The first that waits for an answer. */
  get taken() {
    return this.list.filter(({ state }) => state === 'taken');
  }

  /** @param {Upload} upload @param {Answer} answer @param {boolean} forAll */
  answer(upload, answer, forAll) {
    const asked = forAll ? this.taken : [upload];
    if (forAll) this.#forAll = answer;
    for (const one of asked) this.#apply(one, answer);
  }

  /** @param {Upload} upload */
  remove(upload) {
    this.list = this.list.filter((one) => one !== upload);
    this.dispatchEvent(new Event('list'));
    this.#next();
  }

  /** @param {Upload} upload */
  async cancel(upload) {
    await upload.cancel();
    this.remove(upload);
  }

  /** What is over is shown no more. @param {Place} place */
  clear(place) {
    this.list = this.list.filter((one) => one.place.id !== place.id || !one.isOver);
    this.dispatchEvent(new Event('list'));
  }

  /** Goes on with one that was paused or refused. @param {Upload} upload */
  resume(upload) {
    upload.retry();
    this.#next();
  }

  /** The server is there again. */
  wake() {
    for (const one of this.list) void one.wake();
  }

  /** What an earlier page began and did not finish. @param {Place} place @returns {Promise<Unfinished[]>} */
  async unfinished(place) {
    const address = `${files.uploads(place)}/`;
    const { defaultOptions } = await library();
    const stored = await defaultOptions.urlStorage.findAllUploads();
    const ours = stored.filter(({ uploadUrl }) => uploadUrl?.startsWith(address));
    const all = await Promise.all(ours.map(async ({ urlStorageKey, uploadUrl, metadata, size }) => {
      const url = uploadUrl ?? '';
      if (this.list.some((one) => !one.isOver && one.place.id === place.id && one.path === metadata.path)) return null;
      const answer = await plainly(url, { method: 'HEAD', headers: TUS });
      const sent = Number(answer.headers.get('Upload-Offset'));
      if (answer.ok && sent < Number(size)) return { key: urlStorageKey, url, path: metadata.path ?? '', size: Number(size), sent };
      // Given up, expired, or finished by another page.
      if (answer.ok || answer.status === 404) await defaultOptions.urlStorage.removeUpload(urlStorageKey);
      return null;
    }));
    return all.filter((one) => one !== null);
  }

  /** @param {Unfinished} one */
  async giveUp({ key, url }) {
    const answer = await plainly(url, { method: 'DELETE', headers: TUS });
    if (!answer.ok && answer.status !== 404) throw new Error(`The server answered ${answer.status}.`);
    const { defaultOptions } = await library();
    await defaultOptions.urlStorage.removeUpload(key);
  }

  /** @param {Upload} upload */
  #changed(upload) {
    if (upload.state === 'done') this.dispatchEvent(new CustomEvent('done', { detail: upload }));
    if (upload.state === 'taken') {
      if (this.#forAll) queueMicrotask(() => this.#forAll && this.#apply(upload, this.#forAll));
      else this.dispatchEvent(new Event('taken'));
    }
    if (upload.state !== 'running' && upload.state !== 'waiting') this.#next();
  }

  /** @param {Upload} upload @param {Answer} answer */
  #apply(upload, answer) {
    if (upload.state !== 'taken') return;
    if (answer === 'skip') this.remove(upload);
    else if (answer === 'replace') upload.again({ overwrite: true });
    else {
      upload.again({ path: another(upload.path) });
    }
    this.#next();
  }

  /** Lets the next ones go. */
  #next() {
    const busy = this.list.filter(({ state }) => state === 'running' || state === 'retrying').length;
    for (const one of this.list.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, LANES - busy))) void this.#start(one);
  }

  /** @param {Upload} upload */
  async #start(upload) {
    upload.state = 'running';
    try {
      await upload.start(await library());
    } catch (error) {
      upload.fail(error);
    }
  }
}

export const uploads = new Uploads();
