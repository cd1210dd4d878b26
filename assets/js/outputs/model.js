// What an instance has made, as far as it was asked for: pages, news, and what is ticked. No DOM.
import { sentence } from '../api.js';
import { outputsApi } from '../api-outputs.js';

/** @typedef {import('../api-outputs.js').Item} Item */
/** @typedef {import('../api-outputs.js').Page} Page */

const PAGE = 120;
const MOST = 500;
const POLL = 2000;

/** @param {Item} item */
export const keyOf = ({ path, version }) => `${version} ${path}`;

/** Emits `change` when the list is another one, `state` when only what is known about it is, `ticks` for the selection. */
export class OutputsModel extends EventTarget {
  /** Newest first. @type {Item[]} */
  items = [];
  /** The head of the list, without items. @type {Page|null} */
  head = null;
  /** @type {import('../api-outputs.js').Filter} */
  filter = { kind: '', words: '' };
  /** New ones that wait until somebody wants to see them. */
  waiting = 0;
  /** @type {string|null} */
  fault = null;
  /** The ticked ones by their path. @type {Map<string, Item>} */
  ticked = new Map();
  /** Whether new ones have to wait: what is looked at must not move. @type {() => boolean} */
  holds = () => false;
  /** @type {string|null} */
  #next = null;
  /** The list the server has told last. @type {Page|null} */
  #held = null;
  #shown = false;
  #busy = false;
  #leafing = false;
  /** Asked for while an answer was under way. */
  #again = false;
  #life = new AbortController();
  /** Which filter an answer belongs to. */
  #turn = 0;

  /** @param {number} id of the instance */
  constructor(id) {
    super();
    this.id = id;
    this.timer = setInterval(() => void this.#poll(), POLL);
    document.addEventListener('visibilitychange', () => void this.#poll(), { signal: this.#life.signal });
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    void this.#poll();
  }

  close() {
    this.#shown = false;
    clearInterval(this.timer);
    this.#life.abort();
  }

  get more() {
    return this.#next !== null;
  }

  /** @param {Partial<import('../api-outputs.js').Filter>} filter */
  setFilter(filter) {
    this.filter = { ...this.filter, ...filter };
    this.#turn += 1;
    this.items = [];
    this.head = this.#held = this.#next = null;
    this.waiting = 0;
    this.#emit('change');
    void this.refresh();
  }

  async #poll() {
    if (this.#shown && !document.hidden) await this.refresh();
  }

  /** Asks what is new. */
  async refresh() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    const turn = this.#turn;
    try {
      const known = this.head && !this.fault ? (this.#held ?? this.head).version : null;
      const page = await outputsApi.list(this.id, this.filter, { limit: PAGE, known, signal: this.#life.signal });
      if (turn === this.#turn) this.#told(page);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#busy = false;
      if (this.#again || turn !== this.#turn) {
        this.#again = false;
        if (!this.#life.signal.aborted) void this.refresh();
      }
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (this.#life.signal.aborted) return;
    this.fault = sentence(error);
    this.#emit('state');
  }

  /** @param {Page|null} page */
  #told(page) {
    const before = this.fault;
    this.fault = null;
    if (!page) {
      if (before) this.#emit('state');
      return;
    }
    this.#held = page;
    const first = this.head === null;
    const { fresh, gone } = this.#compare(page);
    if (!first && fresh > 0 && this.holds()) {
      this.waiting = fresh;
      if (gone.size) this.#drop(gone);
      this.#emit('state');
      return;
    }
    this.#take(page);
  }

  /** @param {Page} page */
  #compare(page) {
    const here = new Set(this.items.map(keyOf));
    const there = new Set(page.items.map(keyOf));
    const fresh = page.items.filter((item) => !here.has(keyOf(item))).length;
    const end = page.next === null ? this.items.length : this.items.findLastIndex((item) => there.has(keyOf(item))) + 1;
    const gone = new Set(this.items.slice(0, end).map(keyOf).filter((key) => !there.has(key)));
    return { fresh, gone };
  }

  /** The newest are these; what is older stays. @param {Page} page */
  #take(page) {
    const { fresh, gone } = this.#compare(page);
    const lost = this.head !== null && this.head.total + fresh - gone.size !== page.total;
    const there = new Set(page.items.map(keyOf));
    const paths = new Set(page.items.map(({ path }) => path));
    const last = this.items.findLastIndex((item) => there.has(keyOf(item)));
    const rest = page.next === null || last < 0 ? [] : this.items.slice(last + 1).filter(({ path }) => !paths.has(path));
    if (rest.length === 0) this.#next = page.next;
    this.items = [...page.items, ...rest];
    this.head = { ...page, items: [] };
    this.#held = null;
    this.waiting = 0;
    this.#settle();
    this.#emit('change');
    if (lost) void this.#resync();
  }

  /** Shows what waits. */
  release() {
    if (this.#held) this.#take(this.#held);
  }

  /** Something further down is gone or came back: as much as is there is read anew. */
  async #resync() {
    const turn = this.#turn;
    const wanted = this.items.length;
    /** @type {Item[]} */
    const all = [];
    try {
      let before = null;
      do {
        const page = /** @type {Page} */ (await outputsApi.list(this.id, this.filter, { before, limit: MOST, signal: this.#life.signal }));
        if (turn !== this.#turn) return;
        all.push(...page.items);
        before = page.next;
        this.head = { ...page, items: [] };
      } while (before !== null && all.length < wanted);
      this.items = all;
      this.#next = before;
      this.#settle();
      this.#emit('change');
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The next page. */
  async leaf() {
    const before = this.#next;
    if (this.#leafing || before === null) return;
    this.#leafing = true;
    const turn = this.#turn;
    try {
      const page = /** @type {Page} */ (await outputsApi.list(this.id, this.filter, { before, limit: PAGE, signal: this.#life.signal }));
      if (turn !== this.#turn || before !== this.#next) return;
      const here = new Set(this.items.map(({ path }) => path));
      this.items = [...this.items, ...page.items.filter(({ path }) => !here.has(path))];
      this.#next = page.next;
      this.#emit('change');
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#leafing = false;
    }
  }

  /** @param {Set<string>} keys */
  #drop(keys) {
    this.items = this.items.filter((item) => !keys.has(keyOf(item)));
    if (this.head) this.head.total -= keys.size;
    this.#settle();
    this.#emit('change');
  }

  /** What is gone is not ticked. */
  #settle() {
    if (!this.ticked.size) return;
    const here = new Map(this.items.map((item) => [item.path, item]));
    const before = this.ticked.size;
    for (const path of [...this.ticked.keys()]) if (!here.has(path)) this.ticked.delete(path);
    if (before !== this.ticked.size) this.#emit('ticks');
  }

  /** @param {Item[]} items @param {boolean} on */
  tick(items, on) {
    for (const item of items) {
      if (on) this.ticked.set(item.path, item);
      else this.ticked.delete(item.path);
    }
    this.#emit('ticks');
  }

  clearTicks() {
    this.ticked.clear();
    this.#emit('ticks');
  }

  /** Moves these to the trash; gives the token by which they come back. @param {Item[]} items */
  async discard(items) {
    const { token } = await outputsApi.discard(
      this.id,
      items.map(({ path }) => path),
    );
    this.#drop(new Set(items.map(keyOf)));
    void this.refresh();
    return token;
  }

  /** @param {string} token */
  async putBack(token) {
    await outputsApi.putBack(token);
    await this.refresh();
  }

  /** @param {string} name */
  #emit(name) {
    this.dispatchEvent(new Event(name));
  }
}
