// One connection per browser: a page that leads holds it and passes on what it hears. Browsers allow six connections to an
// origin, which the dashboard's pages share with every app at a path. It begins before the rest of the page is there (first.js).
import { Mirror } from './live-mirror.js';
import { leadership } from './live-lead.js';
import { Stream } from './live-stream.js';

/** @typedef {{ name: string, data: any, id: string|null, to?: string }} Told an event, for all or for one page */
/** @typedef {{ lost: true, to?: string }} Lost the page that leads has no connection */
/** @typedef {{ ask: string }} Ask a page that came wants to know everything */
/** @typedef {{ hurry: true }} Hurry somebody looks, and misses something */
/** @typedef {{ wait: true, to?: string }} Wait the page that leads is well, and has heard nothing either */

/** Nothing heard for this long in a page that is looked at: who leads is asked, and if that does not help, replaced. */
const SILENCE = 20_000;
const ANSWER = 3000;
const WATCH = 2000;

export class Share {
  #me = Math.random().toString(36).slice(2);
  #mirror = new Mirror();
  #leads = false;
  #lost = false;
  #heard = 0;
  #figures = 0;
  #missed = 0;
  /** @type {BroadcastChannel|null} */
  #channel = null;

  /** What came before anybody listened; null: the connection was lost. @type {([name: string, data: any]|null)[]} */
  #early = [];
  /** @type {(name: string, data: any) => void} */
  onEvent = (name, data) => this.#early.push([name, data]);
  /** @type {() => void} */
  onLost = () => this.#early.push(null);

  constructor() {
    this.stream = new Stream(
      (name, data, id) => this.#told(name, data, id),
      () => this.#cut(),
    );
    // Two dashboards of one origin, behind an outer proxy, are not one.
    const name = `aikore live ${new URL('.', document.baseURI).pathname}`;
    this.leadership = leadership(name, { lead: () => this.#lead(), follow: () => this.#follow() });
    if (this.leadership) this.#channel = new BroadcastChannel(name);
    this.#channel?.addEventListener('message', ({ data }) => this.#hear(data));
  }

  /** Of the pages of a browser it is this one that does what is to be done once. */
  get leads() {
    return this.#leads || !this.leadership;
  }

  start() {
    this.#join();
    setInterval(() => this.#watch(), WATCH);
    addEventListener('online', () => this.stream.renew());
    addEventListener('offline', () => this.stream.renew());
    addEventListener('visibilitychange', () => !document.hidden && this.#watch());
    // A page that is frozen or laid aside hears nothing and must not lead; back again it asks for everything.
    document.addEventListener('freeze', () => this.#leave());
    document.addEventListener('resume', () => this.#join());
    addEventListener('pagehide', () => this.#leave());
    addEventListener('pageshow', ({ persisted }) => persisted && this.#join());
  }

  /** From now on somebody listens, and hears first what came before. @param {(name: string, data: any) => void} onEvent @param {() => void} onLost */
  listen(onEvent, onLost) {
    this.onEvent = onEvent;
    this.onLost = onLost;
    for (const told of this.#early.splice(0)) {
      if (told) onEvent(...told);
      else onLost();
    }
  }

  #join() {
    this.#heard = Date.now();
    this.#figures = 0;
    if (!this.leadership) return this.stream.start(this.#mirror.id);
    this.#say({ ask: this.#me });
    this.leadership.join();
  }

  #leave() {
    this.#leads = false;
    this.stream.stop();
    this.leadership?.leave();
  }

  #lead() {
    this.#leads = true;
    this.stream.start(this.#mirror.id);
  }

  #follow() {
    this.#leads = false;
    this.stream.stop();
    this.#say({ ask: this.#me });
  }

  /** From the server. @param {string} name @param {any} data @param {string} id */
  #told(name, data, id) {
    this.#lost = false;
    this.#take(name, data, id);
    this.#say({ name, data, id });
  }

  #cut() {
    this.#lost = true;
    this.onLost();
    this.#say({ lost: true });
  }

  /** @param {string} name @param {any} data @param {string|null} id */
  #take(name, data, id) {
    this.#heard = Date.now();
    this.#missed = 0;
    if (name === 'stats') this.#figures += 1;
    this.#mirror.take(name, data, id);
    this.onEvent(name, data);
  }

  /** From another page. @param {Told|Lost|Ask|Hurry|Wait} message */
  #hear(message) {
    if ('ask' in message) {
      if (this.#leads) this.#answer(message.ask);
    } else if ('hurry' in message) {
      if (!this.#leads) return;
      this.stream.hurry();
      this.#say({ wait: true });
    } else if (this.#leads || (message.to && message.to !== this.#me)) {
      // Not for this page.
    } else if ('wait' in message) {
      this.#missed = 0;
    } else if ('lost' in message) {
      this.#heard = Date.now();
      this.#lost = true;
      this.onLost();
    } else if (message.to || this.#mirror.id !== null || message.name === 'snapshot') {
      // Changes mean nothing to a page that does not know yet what has changed.
      this.#lost = false;
      this.#take(message.name, message.data, message.id);
    }
  }

  /** @param {string} to */
  #answer(to) {
    const { id, stats } = this.#mirror;
    const snapshot = this.#mirror.snapshot();
    if (snapshot) this.#say({ to, name: 'snapshot', data: snapshot, id });
    if (stats) this.#say({ to, name: 'stats', data: stats, id });
    if (this.#lost) this.#say({ to, lost: true });
    else if (!snapshot) this.#say({ to, wait: true });
  }

  /** A page that is looked at sees to it that somebody leads and hears something. */
  #watch() {
    if (document.hidden) return;
    if (this.#leads || !this.leadership) {
      if (this.#lost) this.stream.hurry();
      return;
    }
    const silent = Date.now() - this.#heard;
    const due = this.#lost || this.#mirror.id === null || (this.#figures >= 2 && silent > SILENCE);
    if (!due) return;
    this.#say(this.#mirror.id === null ? { ask: this.#me } : { hurry: true });
    this.#missed ||= Date.now();
    // A connection that is lost is being tried; one who does not even say that is hung.
    if (!this.#lost && Date.now() - this.#missed > ANSWER) {
      this.#missed = 0;
      this.leadership.seize();
    }
  }

  /** @param {Told|Lost|Ask|Hurry|Wait} message */
  #say(message) {
    this.#channel?.postMessage(message);
  }
}
