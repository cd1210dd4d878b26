// What the page knows: models that emit events. No DOM, no fetching.

/** @typedef {import('./types.js').Instance} Instance */
/** @typedef {import('./types.js').Snapshot} Snapshot */

/**
 * One instance. Emits `change` (detail: the former data), `log` when there may be more of it, or another, and `use` when
 * what it takes of the machine was measured again.
 */
export class InstanceModel extends EventTarget {
  /** @param {Instance} data */
  constructor(data) {
    super();
    this.data = data;
    this.id = data.id;
    /** What it takes of the machine; null while nothing runs or nobody measured. @type {import('./types.js').InstanceUse|null} */
    this.use = null;
  }

  /** @param {import('./types.js').InstanceUse|null} use */
  setUse(use) {
    if (!use && !this.use) return;
    this.use = use;
    this.dispatchEvent(new Event('use'));
  }

  /** @param {Instance} data */
  update(data) {
    const former = this.data;
    this.data = data;
    this.dispatchEvent(new CustomEvent('change', { detail: former }));
    if (data.log_size !== former.log_size || data.run !== former.run) this.dispatchEvent(new Event('log'));
  }

  /** @param {number} size */
  grew(size) {
    this.data.log_size = size;
    this.dispatchEvent(new Event('log'));
  }
}

/**
 * All instances. Emits `add` and `remove` (detail: the model), `order` when the list must be laid out anew,
 * `status` (detail: {model, former}) and `any` after every change.
 */
export class Instances extends EventTarget {
  /** @type {Map<number, InstanceModel>} */
  models = new Map();

  /** True once the first snapshot has come. */
  known = false;

  get size() {
    return this.models.size;
  }

  /** @param {number|null} id */
  get(id) {
    return id === null ? undefined : this.models.get(id);
  }

  /** Parents by order, each followed by its satellites. @returns {InstanceModel[]} */
  sorted() {
    const all = [...this.models.values()].sort((a, b) => a.data.order - b.data.order || a.id - b.id);
    const roots = all.filter((model) => !this.get(model.data.parent_instance_id));
    return roots.flatMap((root) => [root, ...this.satellites(root.id, all)]);
  }

  /** @param {number} id @param {InstanceModel[]} [among] */
  satellites(id, among = [...this.models.values()]) {
    return among.filter((model) => model.data.parent_instance_id === id && model.id !== id);
  }

  /** @param {Instance[]} list everything there is: what is missing is gone */
  replace(list) {
    const ids = new Set(list.map((data) => data.id));
    for (const id of [...this.models.keys()]) if (!ids.has(id)) this.drop(id);
    for (const data of list) this.put(data);
    this.known = true;
    this.#emit('order');
    this.#emit('any');
  }

  /** @param {Instance} data @param {boolean} [answer] from a request: an event may have overtaken it */
  put(data, answer = false) {
    const model = this.models.get(data.id);
    if (!model) {
      const fresh = new InstanceModel(data);
      this.models.set(data.id, fresh);
      this.#emit('add', fresh);
      this.#emit('order');
    } else {
      const former = model.data;
      if (answer && Date.parse(data.since ?? '') < Date.parse(former.since ?? '')) return model;
      model.update(data);
      if (former.order !== data.order || former.group !== data.group || former.parent_instance_id !== data.parent_instance_id) this.#emit('order');
      if (former.status !== data.status) this.#emit('status', { model, former: former.status });
    }
    this.#emit('any');
    return /** @type {InstanceModel} */ (this.models.get(data.id));
  }

  /** @param {number} id */
  drop(id) {
    const model = this.models.get(id);
    if (!model) return;
    this.models.delete(id);
    model.dispatchEvent(new Event('gone'));
    this.#emit('remove', model);
    this.#emit('any');
  }

  /** @param {import('./types.js').InstanceUse[]} uses of those that run */
  setUses(uses) {
    const byId = new Map(uses.map((use) => [use.id, use]));
    for (const model of this.models.values()) model.setUse(byId.get(model.id) ?? null);
  }

  /** @param {string} name @param {unknown} [detail] */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The server itself: the connection, who it is, how busy the machine is. Emits `link`, `change`, `stats`, `notice`. */
export class Server extends EventTarget {
  /** @type {'connecting'|'live'|'lost'} */
  link = 'connecting';
  /** @type {Date|null} */
  lostAt = null;
  /** @type {string|null} */
  version = null;
  /** The version this page was loaded from. @type {string|null} */
  firstVersion = null;
  /** The run of the server. @type {string|null} */
  boot = null;
  /** The run this page first saw. @type {string|null} */
  firstBoot = null;
  /** The dashboard's files that the server has. @type {string|null} */
  assets = null;
  /** @type {'none'|'password'|null} */
  auth = null;
  gpuCount = 0;
  /** @type {import('./types.js').Stats|null} */
  stats = null;

  /** @param {'connecting'|'live'|'lost'} link */
  setLink(link) {
    if (link === this.link) return;
    this.link = link;
    this.lostAt = link === 'lost' ? new Date() : null;
    this.dispatchEvent(new Event('link'));
  }

  /** @param {Snapshot} snapshot */
  apply({ version, boot, assets, auth, gpu_count }) {
    this.boot = boot;
    this.firstBoot ??= boot;
    this.assets = assets ?? null;
    this.version = version;
    this.firstVersion ??= version;
    this.auth = auth;
    this.gpuCount = gpu_count;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {import('./types.js').Stats} stats */
  setStats(stats) {
    this.stats = stats;
    this.dispatchEvent(new Event('stats'));
  }
}
