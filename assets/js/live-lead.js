// Which page of this browser leads. Where there are Web Locks the browser itself knows; they are missing on plain HTTP at
// a LAN address, so there the pages settle it among themselves.

/** @typedef {{ lead: () => void, follow: () => void }} Parts what to do from the moment this page leads, or no longer does */
/** @typedef {{ join: () => void, leave: () => void, seize: () => void }} Leadership take part; give it up; take it from one who is hung */

/**
 * The word that a page leads, kept where all of them see it. A page that does not find it leads at once: to be told by the
 * browser takes as long as half of what the page needs to be of use. It is told soon after, should the word have been wrong.
 * @param {string} name
 */
const word = (name) => {
  const key = `aikore.led ${name}`;
  /** @template T @param {(box: Storage) => T} use @param {T} otherwise */
  const storage = (use, otherwise) => {
    try {
      return use(localStorage);
    } catch {
      // Storage is refused or full: then it is as if somebody led.
      return otherwise;
    }
  };
  return {
    stands: () => storage((box) => box.getItem(key) !== null, true),
    say: () => storage((box) => box.setItem(key, ''), undefined),
    takeBack: () => storage((box) => box.removeItem(key), undefined),
  };
};

/** @param {string} name the same in all pages that belong together @param {Parts} parts @returns {Leadership|null} null: every page is for itself */
export function leadership(name, parts) {
  if (typeof BroadcastChannel === 'undefined') return null;
  return navigator.locks ? new ByLock(name, parts) : new ByWord(name, parts);
}

/** Who leads because of the missing word has the lock by then, or follows: another one was as quick. */
const DOUBT = 1500;

/** The lock is held by whoever leads, and given on by the browser when that page ends in whatever way. */
class ByLock {
  /** @type {AbortController|null} */
  #turn = null;
  #leads = false;
  /** @type {number|undefined} */
  #doubt;

  /** @param {string} name @param {Parts} parts */
  constructor(name, parts) {
    this.name = name;
    this.parts = parts;
    this.word = word(name);
  }

  join() {
    if (this.#turn) return;
    if (!this.word.stands()) {
      this.#lead();
      this.#doubt = setTimeout(() => this.#follow(), DOUBT);
    }
    void this.#wait(false);
  }

  leave() {
    clearTimeout(this.#doubt);
    if (this.#leads) this.word.takeBack();
    this.#leads = false;
    this.#turn?.abort();
    this.#turn = null;
  }

  seize() {
    this.leave();
    void this.#wait(true);
  }

  #lead() {
    if (this.#leads) return;
    this.#leads = true;
    this.word.say();
    this.parts.lead();
  }

  #follow() {
    this.#leads = false;
    this.parts.follow();
  }

  /** @param {boolean} steal */
  async #wait(steal) {
    const turn = (this.#turn = new AbortController());
    const { signal } = turn;
    const hold = async () => {
      if (signal.aborted) return;
      clearTimeout(this.#doubt);
      this.#lead();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    try {
      // A steal cannot be called off, and waits for nobody.
      await navigator.locks.request(this.name, steal ? { steal } : { signal }, hold);
    } catch (error) {
      // Called off before its turn came, or taken away by another page. Where locks are refused every page is for itself.
      if (!(error instanceof DOMException && error.name === 'AbortError')) {
        clearTimeout(this.#doubt);
        return this.#lead();
      }
    }
    if (this.#turn !== turn) return;
    this.#follow();
    void this.#wait(false);
  }
}

/** How long an answer may take: who waited in vain leads too, for as long as it takes to be told. How often a page that follows asks whether it is still led. */
const ANSWER = 120;
const ASK = 4000;

/** The page that was there first leads; it answers when asked, which works in hidden pages too: their timers hardly run. */
class ByWord {
  #me = `${Date.now().toString(36).padStart(10, '0')}-${Math.random().toString(36).slice(2, 10)}`;
  /** @type {BroadcastChannel|null} */
  #channel = null;
  #leads = false;
  /** @type {number|undefined} */
  #claim;
  /** @type {number|undefined} */
  #round;

  /** @param {string} name @param {Parts} parts */
  constructor(name, parts) {
    this.name = `${name} lead`;
    this.parts = parts;
    this.word = word(name);
  }

  join() {
    if (this.#channel) return;
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data));
    if (this.word.stands()) this.#ask();
    else this.#take();
    this.#round = setInterval(() => !this.#leads && !document.hidden && this.#ask(), ASK);
  }

  leave() {
    clearTimeout(this.#claim);
    clearInterval(this.#round);
    if (this.#leads) {
      this.word.takeBack();
      this.#say('bye');
    }
    this.#leads = false;
    this.#channel?.close();
    this.#channel = null;
  }

  seize() {
    if (this.#channel && !this.#leads) this.#take();
  }

  #ask() {
    this.#say('who');
    clearTimeout(this.#claim);
    this.#claim = setTimeout(() => this.#take(), ANSWER);
  }

  #take() {
    clearTimeout(this.#claim);
    this.#say('lead');
    if (this.#leads) return;
    this.#leads = true;
    this.word.say();
    this.parts.lead();
  }

  /** @param {{ word: 'who'|'lead'|'bye', from: string }} message */
  #hear({ word, from }) {
    if (word === 'who') {
      if (this.#leads) this.#say('lead');
    } else if (word === 'bye') {
      // All of them hear it: a moment that differs, so that mostly one of them speaks first.
      clearTimeout(this.#claim);
      this.#claim = setTimeout(() => this.#take(), Math.random() * 60);
    } else if (!this.#leads) {
      clearTimeout(this.#claim);
    } else if (from < this.#me) {
      this.#leads = false;
      this.parts.follow();
    } else {
      this.#say('lead');
    }
  }

  /** @param {'who'|'lead'|'bye'} word */
  #say(word) {
    this.#channel?.postMessage({ word, from: this.#me });
  }
}
