// What the events add up to: for pages that come later and for the one that takes over. Pure.

/** @typedef {import('./types.js').Snapshot} Snapshot */

/** How many jobs are remembered: the server forgets old ones as well. */
const JOBS = 200;

export class Mirror {
  /** The id of the last event. @type {string|null} */
  id = null;
  /** @type {Snapshot|null} */
  #base = null;
  /** @type {Map<number, import('./types.js').Instance>} */
  #instances = new Map();
  /** @type {Map<string, any>} */
  #jobs = new Map();
  /** The last figures. @type {import('./types.js').Stats|null} */
  stats = null;

  /** @param {string} name @param {any} data @param {string|null} id */
  take(name, data, id) {
    this.id = id;
    switch (name) {
      case 'snapshot':
        this.#base = data;
        this.#instances = new Map(data.instances.map((/** @type {any} */ one) => [one.id, one]));
        this.#jobs = new Map((data.jobs ?? []).map((/** @type {any} */ one) => [one.id, one]));
        break;
      case 'instance':
        this.#instances.set(data.id, data);
        break;
      case 'removed':
        this.#instances.delete(data.id);
        break;
      case 'log': {
        const known = this.#instances.get(data.id);
        if (known) this.#instances.set(data.id, { ...known, log_size: data.size });
        break;
      }
      case 'job':
        this.#jobs.set(data.id, data);
        if (this.#jobs.size > JOBS) this.#jobs.delete(/** @type {string} */ (this.#jobs.keys().next().value));
        break;
      case 'notice':
      case 'notices_read':
        if (this.#base && typeof data.unread === 'number') this.#base = { ...this.#base, unread_notices: data.unread };
        break;
      case 'stats':
        this.stats = data;
        break;
    }
  }

  /** As the server would say it now; null before it has said anything. @returns {Snapshot|null} */
  snapshot() {
    return this.#base && { ...this.#base, instances: [...this.#instances.values()], jobs: [...this.#jobs.values()] };
  }
}
