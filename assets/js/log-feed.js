// Fetches a log by offset: at every sign that there is more, and now and then while it is looked at.
import { api } from './api.js';

/** At the first look at a long log only its end is fetched. */
export const TAIL = 2 * 1024 * 1024;
/** An answer shorter than this was the end of the log at that moment: the server gives about 1 MiB at a time. */
const SHORT = 256 * 1024;
const RETRY = 3000;

/**
 * Emits `text` (detail: string), `clear` when another run has begun, `state` when loading begins, ends or fails.
 */
export class LogFeed extends EventTarget {
  offset = 0;
  /** The beginning was left out. */
  cut = false;
  loaded = false;
  /** @type {unknown} */
  fault = null;
  /** The first line will be a piece of a line. */
  #broken = false;
  /** The run the offset belongs to, as far as it is known. @type {string|null} */
  #run;
  #busy = false;
  #again = false;
  #stop = new AbortController();

  /** @param {import('./store.js').InstanceModel} model */
  constructor(model) {
    super();
    this.model = model;
    const { signal } = this.#stop;
    this.#run = model.data.run ?? null;
    if (model.data.log_size > TAIL) {
      this.offset = model.data.log_size - TAIL;
      this.cut = true;
      this.#broken = true;
    }
    model.addEventListener('log', () => this.#hint(), { signal });
    model.addEventListener('gone', () => this.close(), { signal });
    void this.pull();
  }

  close() {
    this.#stop.abort();
  }

  #hint() {
    const { log_size: size, run = null } = this.model.data;
    if (size !== this.offset || run !== this.#run) void this.pull();
  }

  /** Fetches until there is nothing more. */
  async pull() {
    if (this.#stop.signal.aborted) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        await this.#drain();
      } while (this.#again);
      this.fault = null;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.fault = error;
      setTimeout(() => void this.pull(), RETRY);
    } finally {
      this.#busy = false;
      this.dispatchEvent(new Event('state'));
    }
  }

  async #drain() {
    for (;;) {
      const asked = this.offset;
      const { content, size, start, run = this.#run } = await api.log(this.model.id, asked, this.#run, this.#stop.signal);
      if (run !== this.#run) {
        this.#run = run;
        if (asked > 0) {
          this.#startAnew();
          this.offset = 0;
          continue;
        }
      }
      // The log is shorter than what is shown: another run writes it.
      if (size < asked) this.#startAnew();
      // What lies between is no longer kept.
      if (start > asked) this.cut = true;
      this.offset = size;
      this.loaded = true;
      const text = this.#broken ? content.slice(content.indexOf('\n') + 1) : content;
      if (content) {
        this.#broken = false;
        this.dispatchEvent(new CustomEvent('text', { detail: text }));
      }
      // What was left of a run that is over: the next question leads to the present one.
      const over = (this.model.data.run ?? run) !== run;
      if (!content || (content.length < SHORT && !over)) return;
    }
  }

  #startAnew() {
    this.cut = false;
    this.#broken = false;
    this.dispatchEvent(new Event('clear'));
  }
}
