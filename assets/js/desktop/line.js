// The line to the screen on the server. When it is lost it is opened again, until there is another page to be shown in this
// one's place: the waiting page, the login, or the app itself.
import RFB from '@novnc/novnc';
import { pageAt } from '../api.js';

/** How long, in milliseconds, is waited before another attempt: longer each time. */
const WAITS = [500, 1000, 2000, 3500, 5000];
/** A line that held this long begins with the shortest wait again. */
const STEADY = 5000;
/** Who says nothing for so long is not there. */
const SILENT = 15_000;

/** @typedef {'connecting'|'connected'|'waiting'} LineState */

/** Emits `state` when it has another one, and `clipboard` (detail: the text) when something was copied on the screen. */
export class ScreenLine extends EventTarget {
  /** @type {LineState} */
  state = 'connecting';
  /** The connection, while there is one. @type {RFB|null} */
  rfb = null;
  /** When it is tried again, in milliseconds since 1970. */
  nextAt = 0;
  /** Why it could not be opened, where the screen said so. */
  why = '';
  #attempts = 0;
  #since = 0;
  /** @type {number|undefined} */
  #timer;

  /** @param {HTMLElement} target where the screen is drawn @param {(rfb: RFB) => void} prepare sets up each new connection */
  constructor(target, prepare) {
    super();
    this.target = target;
    this.prepare = prepare;
    // Somebody who comes back does not wait.
    document.addEventListener('visibilitychange', () => !document.hidden && this.hurry());
    addEventListener('online', () => this.hurry());
  }

  open() {
    clearTimeout(this.#timer);
    const address = new URL('websockify', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const rfb = new RFB(this.target, address.href, { shared: true, wsProtocols: ['binary'] });
    this.rfb = rfb;
    this.#set('connecting');
    this.#timer = setTimeout(() => rfb.disconnect(), SILENT);
    rfb.addEventListener('connect', () => {
      clearTimeout(this.#timer);
      this.why = '';
      this.#since = Date.now();
      this.#set('connected');
    });
    rfb.addEventListener('securityfailure', (event) => {
      this.why = /** @type {CustomEvent<{ reason?: string }>} */ (event).detail.reason ?? '';
    });
    rfb.addEventListener('credentialsrequired', () => {
      this.why = 'The screen asks for a password, which AiKore’s own screens never do.';
      rfb.disconnect();
    });
    rfb.addEventListener('clipboard', (event) => {
      this.dispatchEvent(new CustomEvent('clipboard', { detail: /** @type {CustomEvent<{ text: string }>} */ (event).detail.text }));
    });
    rfb.addEventListener('disconnect', () => this.rfb === rfb && this.#lost());
    this.prepare(rfb);
  }

  /** Tries it at once, if it is waiting. */
  hurry() {
    if (this.state === 'waiting') void this.#look();
  }

  #lost() {
    this.rfb = null;
    if (this.#since && Date.now() - this.#since > STEADY) this.#attempts = 0;
    this.#since = 0;
    clearTimeout(this.#timer);
    const wait = WAITS[Math.min(this.#attempts, WAITS.length - 1)];
    this.#attempts += 1;
    this.nextAt = Date.now() + wait;
    this.#timer = setTimeout(() => void this.#look(), wait);
    this.#set('waiting');
  }

  /** What is here now: still this page, or another one, which is then to be shown. */
  async #look() {
    clearTimeout(this.#timer);
    this.#set('connecting');
    const { status, text, ours } = await pageAt(location.href);
    const script = document.querySelector('script[src$="pages/desktop.js"]')?.getAttribute('src') ?? '';
    if (status === 200 && text.includes(script)) this.open();
    // An outer proxy whose AiKore is being started again says nothing that is worth showing.
    else if (status === 0 || (status >= 500 && !ours)) this.#lost();
    else location.reload();
  }

  /** @param {LineState} state */
  #set(state) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
