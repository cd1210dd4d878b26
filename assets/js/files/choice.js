// Which of a list are chosen, and at which one the keyboard is. By name: it survives another order.

/** Emits `change`. */
export class Choice extends EventTarget {
  /** @type {readonly string[]} what is there to be chosen from, in order */
  #names = [];
  /** @type {Set<string>} */
  #chosen = new Set();
  /** Where a range begins. @type {string|null} */
  #anchor = null;
  /** @type {string|null} */
  active = null;

  get names() {
    return [...this.#chosen];
  }

  get size() {
    return this.#chosen.size;
  }

  /** @param {string} name */
  has(name) {
    return this.#chosen.has(name);
  }

  get index() {
    return this.active === null ? -1 : this.#names.indexOf(this.active);
  }

  /** What is no longer there is not chosen any more. @param {readonly string[]} names */
  offer(names) {
    const at = this.index;
    this.#names = names;
    const there = new Set(names);
    this.#chosen = new Set([...this.#chosen].filter((name) => there.has(name)));
    // The one that took its place.
    if (this.active !== null && !there.has(this.active)) this.active = names[Math.min(Math.max(at, 0), names.length - 1)] ?? null;
    if (this.#anchor !== null && !there.has(this.#anchor)) this.#anchor = null;
    this.#tell();
  }

  /** Only this one. @param {string} name */
  only(name) {
    this.#chosen = new Set([name]);
    this.active = this.#anchor = name;
    this.#tell();
  }

  /** This one too, or no longer. @param {string} name */
  toggle(name) {
    if (!this.#chosen.delete(name)) this.#chosen.add(name);
    this.active = this.#anchor = name;
    this.#tell();
  }

  /** From where the last choice began to this one. @param {string} name */
  reach(name) {
    const from = Math.max(0, this.#names.indexOf(this.#anchor ?? this.active ?? name));
    const to = this.#names.indexOf(name);
    this.#anchor ??= this.#names[from];
    this.#chosen = new Set(this.#names.slice(Math.min(from, to), Math.max(from, to) + 1));
    this.active = name;
    this.#tell();
  }

  all() {
    this.#chosen = new Set(this.#names);
    this.active ??= this.#names[0] ?? null;
    this.#tell();
  }

  none() {
    this.#chosen.clear();
    this.#anchor = null;
    this.#tell();
  }

  /** The keyboard goes so many further. @param {number} steps @param {boolean} extend what is passed is chosen too */
  step(steps, extend) {
    if (!this.#names.length) return;
    const to = this.#names[Math.min(Math.max((this.index < 0 ? (steps > 0 ? -1 : this.#names.length) : this.index) + steps, 0), this.#names.length - 1)];
    if (extend) this.reach(to);
    else this.only(to);
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
