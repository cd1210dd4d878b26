// Which rows are ticked. Emits `change`.
export class Selection extends EventTarget {
  /** @type {Set<number>} */
  #ids = new Set();
  /** Where a range begins. @type {number|null} */
  #anchor = null;

  /** @param {import('../store.js').Instances} instances */
  constructor(instances) {
    super();
    this.instances = instances;
    instances.addEventListener('remove', (event) => {
      const { id } = /** @type {CustomEvent<import('../store.js').InstanceModel>} */ (event).detail;
      if (this.#ids.delete(id)) this.#tell();
    });
  }

  get size() {
    return this.#ids.size;
  }

  /** In the order of the list. */
  get models() {
    return this.instances.sorted().filter(({ id }) => this.#ids.has(id));
  }

  /** @param {number} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** @param {number} id @param {boolean} [on] */
  toggle(id, on = !this.#ids.has(id)) {
    this.#anchor = id;
    if (on === this.#ids.has(id)) return;
    if (on) this.#ids.add(id);
    else this.#ids.delete(id);
    this.#tell();
  }

  /** From where the last tick was to here. @param {number} id @param {number[]} visible ids from top to bottom */
  reach(id, visible) {
    const from = visible.indexOf(this.#anchor ?? id);
    const to = visible.indexOf(id);
    if (to < 0) return;
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    for (const one of visible.slice(first, last + 1)) this.#ids.add(one);
    this.#anchor ??= id;
    this.#tell();
  }

  /** @param {number[]} ids */
  set(ids) {
    this.#ids = new Set(ids);
    this.#tell();
  }

  clear() {
    if (this.#ids.size) this.set([]);
    this.#anchor = null;
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
