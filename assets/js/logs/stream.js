// A log as the server sends it: first what there is, then what comes. Cut off, it goes on where it was.
import { ApiError, openSocket, sentence } from '../api.js';

/** How far the server may be ahead of what is drawn. */
const WINDOW = 1024 * 1024;
/** So often it is told what was drawn. */
const TELL = 128 * 1024;
const RETRY = 1000;
const SLOWEST = 10_000;
const DONE = 1000;
const REMOVED = 4410;

/** @typedef {{ why: 'start'|'run'|'gap'|'cut', run: string, number: number, offset: number, first: number, end: number, missed?: number }} Begins `missed`: bytes that are no longer kept */
/** @typedef {{ run?: string, offset?: number, align?: boolean, tail?: number, lines?: number, until?: number, only?: boolean, times?: boolean }} Plan what to follow, in the server's words */

/**
 * Emits `begins` (detail: {@link Begins}), `times` (detail: pairs), `bytes` (detail: {bytes, offset}), `gone` (detail: a sentence)
 * and `state`.
 */
export class LogStream extends EventTarget {
  /** @type {Plan} */
  #plan = {};
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #closed = false;
  #tries = 0;
  #taken = 0;
  #told = 0;
  /** The run and the place of the next byte. @type {{ run: string, offset: number }|null} */
  at = null;
  /** Everything there was has come. */
  caughtUp = false;
  /** No more will come: all of what was asked for was sent. */
  over = false;
  /** Why nothing comes: a sentence. @type {string|null} */
  fault = null;

  /**
   * @param {(plan: Plan & { window: number }) => URL} addressOf
   * @param {() => Promise<unknown>} probe asks the server the ordinary way: a browser does not say why a websocket was refused
   * @param {import('../store.js').Server} server
   */
  constructor(addressOf, probe, server) {
    super();
    this.addressOf = addressOf;
    this.probe = probe;
    this.server = server;
    this.onLink = () => {
      if (this.server.link === 'live' && !this.#socket && !this.#closed && !this.over) this.#again(0);
    };
    server.addEventListener('link', this.onLink);
  }

  /** @param {Plan} plan */
  open(plan) {
    this.#leave();
    this.#plan = plan;
    this.#tries = 0;
    this.at = null;
    this.caughtUp = false;
    this.over = false;
    this.fault = null;
    this.#connect();
    this.#say();
  }

  close() {
    this.#closed = true;
    this.server.removeEventListener('link', this.onLink);
    this.#leave();
  }

  /** So many bytes were drawn. @param {number} count @param {unknown} of what they came by: those of an earlier connection don't count */
  take(count, of) {
    if (of !== this.#socket) return;
    this.#taken += count;
    if (this.#taken - this.#told < TELL && !this.caughtUp) return;
    this.#told = this.#taken;
    if (this.#socket?.readyState === this.#socket?.OPEN) this.#socket?.send(JSON.stringify({ taken: this.#taken }));
  }

  #leave() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    // One that is still connecting is left to connect: to break it off would be a fault in the console.
    if (socket.readyState === socket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
  }

  #connect() {
    const { at } = this;
    // From where it was; `tail` stays, for a run that is no longer kept.
    const plan = at ? { ...this.#plan, align: undefined, run: at.run, offset: at.offset } : this.#plan;
    const socket = openSocket(this.addressOf({ ...plan, window: WINDOW }));
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#taken = 0;
    this.#told = 0;
    let opened = false;
    socket.onopen = () => (opened = true);
    socket.onmessage = ({ data }) => this.#hear(data, socket);
    socket.onclose = ({ code, reason }) => {
      this.#socket = null;
      void this.#lost(opened, code, reason);
    };
  }

  /** @param {string|ArrayBuffer} data @param {WebSocket} socket */
  #hear(data, socket) {
    this.#tries = 0;
    const wasFault = this.fault !== null;
    this.fault = null;
    if (typeof data === 'string') {
      const { begins, times, gone, fault, caught_up: caughtUp } = JSON.parse(data);
      if (begins) {
        // Where it goes on after an interruption nothing begins.
        const missed = this.at && begins.run === this.at.run ? begins.offset - this.at.offset : 0;
        const goesOn = this.at && begins.why === 'start' && begins.run === this.at.run && begins.offset === this.at.offset;
        this.at = { run: begins.run, offset: begins.offset };
        if (!goesOn) this.#emit('begins', { ...begins, missed });
      }
      if (times) this.#emit('times', times);
      if (gone) this.#emit('gone', gone);
      if (fault) this.fault = fault;
      if (caughtUp) this.caughtUp = true;
      if (gone || fault || caughtUp || begins || wasFault) this.#say();
      return;
    }
    if (!this.at) return;
    const { offset } = this.at;
    const bytes = new Uint8Array(data);
    this.at.offset += bytes.length;
    this.#emit('bytes', { bytes, offset, of: socket });
  }

  /** @param {boolean} opened @param {number} code @param {string} reason */
  async #lost(opened, code, reason) {
    if (code === DONE || code === REMOVED) {
      this.over = true;
      this.fault = code === REMOVED ? reason : null;
      this.#say();
      return;
    }
    if (code === 1011 && reason) this.fault ??= reason;
    if (opened && code !== 1008) this.fault ??= 'The connection was lost. Trying again…';
    else if (this.server.link === 'live') {
      try {
        await this.probe();
        this.fault = 'No connection for the log could be opened. Trying again…';
      } catch (error) {
        this.fault = sentence(error);
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) this.over = true;
      }
      if (this.#closed || this.#socket) return;
    } else this.fault = 'No connection to AiKore. Trying again…';
    this.#say();
    if (!this.over) this.#again(Math.min(SLOWEST, RETRY * 2 ** this.#tries));
  }

  /** @param {number} after milliseconds */
  #again(after) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#closed || this.#socket) return;
      this.#tries += 1;
      // Without a server every attempt would be a fault; its return is told of.
      if (this.server.link === 'live') this.#connect();
      else this.#again(SLOWEST);
    }, after);
  }

  #say() {
    this.dispatchEvent(new Event('state'));
  }

  /** @param {string} name @param {unknown} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
