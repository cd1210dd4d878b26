// The line to one session on the server. It is restored by itself, and goes on at the byte it had stopped at. No DOM.
import { ApiError } from '../api.js';
import { terminals } from '../api-terminal.js';

/** Bytes of input in one message. */
const PIECE = 16 << 10;
/** So much of what was typed may be unread on the way; the rest waits here. */
const UNREAD = 256 << 10;
/** What was drawn is said so often, in bytes of output. */
const SAY_EVERY = 64 << 10;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;
/** `WebSocket.OPEN`. */
const OPEN = 1;
/** A server that does not answer for so long is gone, whatever the network says. */
const PATIENCE = 10_000;

/** @typedef {{ offset: number, end: number, reset: boolean }} Attached `reset`: what is on the screen is from somewhere else */
/** @typedef {{ why: 'exit'|'asked'|'idle'|'gone', code: number|null }} Ended */

/** Emits `attached` and `ended` with such details, `output` (detail: Uint8Array), `gap` when
 * some of the output is missing, and `state` when its state is another one. */
export class SessionLink extends EventTarget {
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {'connecting'|'live'|'lost'|'over'} */
  state = 'connecting';
  /** Counts the connections: what was taken from an earlier one is no news of this one. */
  line = 0;
  /** The place of the next byte of output; null: nothing came yet. @type {number|null} */
  #place = null;
  #drawn = 0;
  #said = 0;
  /** What is to be typed. @type {Uint8Array<ArrayBuffer>[]} */
  #waiting = [];
  #sent = 0;
  #read = 0;
  #pause = FIRST_PAUSE;
  /** @type {number|undefined} */
  #timer;
  /** @type {[number, number]|null} */
  #size = null;
  #life = new AbortController();
  #coder = new TextEncoder();

  /** @param {number} instance @param {string} session */
  constructor(instance, session) {
    super();
    this.instance = instance;
    this.session = session;
    const { signal } = this.#life;
    addEventListener('online', () => this.retry(), { signal });
    document.addEventListener('visibilitychange', () => !document.hidden && this.retry(), { signal });
    this.#connect();
  }

  /** Does not wait any longer before it tries again. */
  retry() {
    if (this.state !== 'lost') return;
    this.#pause = FIRST_PAUSE;
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#socket?.close();
    const socket = terminals.attach(this.instance, this.session, this.#place);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    let greeted = false;
    const late = setTimeout(() => !greeted && socket === this.#socket && this.#lost(), PATIENCE);
    socket.addEventListener('message', ({ data }) => {
      if (socket !== this.#socket) return;
      if (typeof data !== 'string') this.#take(new Uint8Array(data));
      else {
        greeted = true;
        this.#hear(JSON.parse(data));
      }
    });
    socket.addEventListener('close', () => {
      clearTimeout(late);
      if (socket === this.#socket) this.#lost();
    });
  }

  /** @param {any} word */
  #hear(word) {
    switch (word.type) {
      case 'attached':
        this.line += 1;
        this.#place = this.#drawn = this.#said = word.offset;
        this.#sent = this.#read = 0;
        this.#pause = FIRST_PAUSE;
        this.dispatchEvent(new CustomEvent('attached', { detail: word }));
        this.#become('live');
        if (this.#size) this.resize(...this.#size);
        this.#flush();
        break;
      case 'gap':
        this.line += 1;
        this.#place = this.#drawn = word.offset;
        this.dispatchEvent(new Event('gap'));
        break;
      case 'typed':
        this.#read = word.total;
        this.#flush();
        break;
      case 'ended':
        this.#over(word);
        break;
    }
  }

  /** @param {Uint8Array} bytes */
  #take(bytes) {
    this.#place = (this.#place ?? 0) + bytes.length;
    this.dispatchEvent(new CustomEvent('output', { detail: bytes }));
  }

  /** So many more bytes of the output are on the screen: the program waits for screens that are far behind. @param {number} count */
  drawn(count) {
    this.#drawn += count;
    if (this.#drawn - this.#said < SAY_EVERY && this.#drawn !== this.#place) return;
    this.#said = this.#drawn;
    this.#say({ type: 'ack', offset: this.#drawn });
  }

  /** @param {string|Uint8Array<ArrayBuffer>} what */
  type(what) {
    if (this.state === 'over') return;
    const bytes = typeof what === 'string' ? this.#coder.encode(what) : what;
    for (let at = 0; at < bytes.length; at += PIECE) this.#waiting.push(bytes.subarray(at, at + PIECE));
    this.#flush();
  }

  #flush() {
    while (this.state === 'live' && this.#sent - this.#read < UNREAD) {
      const piece = this.#waiting.shift();
      if (!piece) return;
      this.#socket?.send(piece);
      this.#sent += piece.length;
    }
  }

  /** @param {number} rows @param {number} cols */
  resize(rows, cols) {
    this.#size = [rows, cols];
    this.#say({ type: 'resize', rows, cols });
  }

  /** @param {object} word */
  #say(word) {
    if (this.state === 'live' && this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(word));
  }

  /** @param {'connecting'|'live'|'lost'|'over'} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  #lost() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    if (this.state === 'over') return;
    this.#become('lost');
    this.#timer = setTimeout(() => void this.#again(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }

  /** A socket that is refused does not say why: whether the session is still there has to be asked. */
  async #again() {
    try {
      const all = await terminals.list(this.instance);
      if (this.state !== 'lost') return;
      if (all.some(({ id }) => id === this.session)) this.#connect();
      else this.#over({ why: 'gone', code: null });
    } catch (error) {
      if (this.state !== 'lost') return;
      if (error instanceof ApiError && error.status === 404) this.#over({ why: 'gone', code: null });
      else this.#lost();
    }
  }

  /** @param {Ended} ended */
  #over(ended) {
    this.#become('over');
    this.#end();
    this.dispatchEvent(new CustomEvent('ended', { detail: ended }));
  }

  #end() {
    clearTimeout(this.#timer);
    this.#life.abort();
    this.#waiting = [];
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  /** Lets go of the session; it stays on the server. */
  close() {
    this.state = 'over';
    this.#end();
  }
}
