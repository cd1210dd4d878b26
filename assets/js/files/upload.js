// One file on its way to the server, in pieces, by tus: it goes on after a lost network, another server, a reload.
import { nameOf } from './listing.js';

/** @typedef {import('../api-files.js').Place} Place */
/** @typedef {'waiting'|'running'|'retrying'|'paused'|'taken'|'failed'|'done'} State taken: something has its name */
/** @typedef {import('../../vendor/tus.js').Upload} Tus */

/** Small enough that an outer proxy takes it, and that what is refused is read to its end. */
const PIECE = 16 * 1024 * 1024;

/** As long as it takes: first at once, then every few seconds. A server that is there again is noticed sooner. */
const DELAYS = [0, 500, 1000, 2000, ...Array.from({ length: 2000 }, () => 5000)];

/** How quickly the speed that is shown follows the speed. */
const SMOOTH = 0.25;

/** Emits `change`. */
export class Upload extends EventTarget {
  /** @type {State} */
  state = 'waiting';
  sent = 0;
  /** Bytes in a second. */
  speed = 0;
  /** What went wrong. */
  words = '';
  overwrite = false;
  /** @type {Tus|null} */
  #tus = null;
  #at = 0;
  #before = 0;

  /** @param {File} file @param {Place} place @param {string} path @param {string} address where uploads to this place begin @param {string} [begun] its own address, if it was begun */
  constructor(file, place, path, address, begun) {
    super();
    this.file = file;
    this.place = place;
    this.path = path;
    this.address = address;
    this.begun = begun;
    this.size = file.size;
  }

  get name() {
    return nameOf(this.path);
  }

  get isOver() {
    return this.state === 'done' || this.state === 'failed';
  }

  /** By which a page that was loaded anew knows it: the same file to the same place. */
  get fingerprint() {
    return ['aikore', this.address, this.path, this.size, this.file.lastModified].join(' ');
  }

  /** @param {typeof import('../../vendor/tus.js')} library */
  async start({ Upload: Library }) {
    this.#set('running');
    if (this.#tus) return this.#tus.start();
    const { file, path, overwrite } = this;
    const tus = new Library(file, {
      endpoint: this.address,
      ...(this.begun ? { uploadUrl: this.begun } : {}),
      chunkSize: PIECE,
      retryDelays: DELAYS,
      metadata: { path, filename: file.name, ...(overwrite ? { overwrite: 'true' } : {}) },
      fingerprint: () => Promise.resolve(this.fingerprint),
      removeFingerprintOnSuccess: true,
      onProgress: (sent) => this.#progress(sent),
      onSuccess: () => {
        this.sent = this.size;
        this.#set('done');
      },
      onError: (error) => this.fail(error),
      onShouldRetry: (error) => {
        const again = mayPass(error);
        if (again) this.#set('retrying', wordsOf(error));
        return again;
      },
    });
    this.#tus = tus;
    const earlier = this.begun ? [] : await tus.findPreviousUploads();
    if (this.#tus !== tus || this.state !== 'running') return;
    if (earlier[0]) tus.resumeFromPreviousUpload(earlier[0]);
    tus.start();
  }

  async pause() {
    if (this.isOver) return;
    this.#set('paused');
    await this.#tus?.abort();
  }

  /** Gives it up: what has come is removed. */
  async cancel() {
    const tus = this.#tus;
    this.#tus = null;
    this.#set('failed', 'Cancelled.');
    // The server removes what nobody goes on with, even if it can't be told.
    if (tus) await tus.abort(true).catch(() => {});
  }

  /** The server is there again: no more waiting. */
  async wake() {
    if (this.state !== 'retrying' || !this.#tus) return;
    await this.#tus.abort();
    this.#set('running');
    this.#tus.start();
  }

  /** To another name, or in the place of what has it. @param {{ path?: string, overwrite?: boolean }} how */
  again({ path = this.path, overwrite = false }) {
    Object.assign(this, { path, overwrite, begun: undefined });
    this.#tus = null;
    this.#set('waiting');
  }

  /** What was refused for want of room or of an answer goes on from where it was. */
  retry() {
    this.#set('waiting');
  }

  /** @param {number} sent */
  #progress(sent) {
    const now = performance.now();
    const seconds = (now - this.#at) / 1000;
    if (seconds < 0.2 && sent < this.size) return;
    const speed = Math.max(0, sent - this.#before) / Math.max(seconds, 0.001);
    // What was there before this connection was not sent by it.
    this.speed = this.#at && seconds < 5 ? (this.speed ? this.speed + SMOOTH * (speed - this.speed) : speed) : 0;
    this.#at = now;
    this.#before = this.sent = sent;
    if (this.state === 'retrying') this.state = 'running';
    this.#tell();
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.state === 'paused' || this.isOver) return;
    const status = statusOf(error);
    if (status === 409 && !this.#tus?.url) this.#set('taken', wordsOf(error));
    else this.#set('failed', wordsOf(error));
  }

  /** @param {State} state @param {string} [words] */
  #set(state, words = '') {
    this.state = state;
    this.words = words;
    if (state !== 'running') this.speed = 0;
    if (state === 'running') this.#at = 0;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}

/** @param {unknown} error @returns {{ getStatus: () => number, getBody: () => string }|null} */
const answerOf = (error) => /** @type {any} */ (error)?.originalResponse ?? null;

/** @param {unknown} error */
const statusOf = (error) => answerOf(error)?.getStatus() ?? 0;

/** Whether it is worth another attempt by itself. @param {unknown} error */
function mayPass(error) {
  const status = statusOf(error);
  if (status === 409) return /Ask how far it is|still being written/.test(wordsOf(error));
  return status === 0 || (status >= 500 && status !== 507);
}

/** @param {unknown} error */
function wordsOf(error) {
  const answer = answerOf(error);
  // The part of the page that uploads could not be loaded.
  if (!answer && error instanceof Error && !('originalRequest' in error)) return error.message;
  if (!answer?.getStatus()) return 'AiKore does not answer. It goes on by itself as soon as it does.';
  try {
    const { detail } = JSON.parse(answer.getBody());
    if (typeof detail === 'string' && detail) return detail;
  } catch {
    // Not from AiKore.
  }
  return `The server answered ${answer.getStatus()}.`;
}
