// What a person has changed and not saved: per instance and member, with what they saw when they began.
import { FIELDS } from './fields.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/**
 * @typedef {object} Draft
 * @property {unknown} base what the person saw
 * @property {unknown} value what they want
 * @property {string|null} fault why it can't be, in a sentence
 * @property {{ value: unknown }|null} theirs what somebody else made of it meanwhile
 */

/** @typedef {{ model: InstanceModel, members: Map<string, Draft>, fault: string|null, life: AbortController }} Entry */

/** Emits `change` (detail: id of the instance) and `lost` (detail: the model) when an instance with changes is deleted. */
export class Drafts extends EventTarget {
  /** @type {Map<number, Entry>} */
  #entries = new Map();

  /** How many instances have changes. */
  get size() {
    return this.#entries.size;
  }

  /** @returns {InstanceModel[]} */
  get models() {
    return [...this.#entries.values()].map(({ model }) => model);
  }

  /** @param {number} id @returns {ReadonlyMap<string, Draft>} */
  of(id) {
    return this.#entries.get(id)?.members ?? new Map();
  }

  /** @param {number} id */
  has(id) {
    return this.#entries.has(id);
  }

  /** What is wrong with an instance's changes as a whole. @param {number} id */
  fault(id) {
    return this.#entries.get(id)?.fault ?? null;
  }

  /** @param {number} id @param {string} field */
  get(id, field) {
    return this.#entries.get(id)?.members.get(field);
  }

  /** What is to be shown: the change, or what is so. @param {InstanceModel} model @param {string} field @returns {any} */
  value(model, field) {
    const draft = this.get(model.id, field);
    return draft ? draft.value : FIELDS[field].read(model.data);
  }

  /** Changes a member; the value that is there already takes the change back. @param {InstanceModel} model @param {string} field @param {unknown} value */
  set(model, field, value) {
    const former = this.get(model.id, field);
    const present = FIELDS[field].read(model.data);
    if (former ? former.value === value && !former.fault : present === value) return;
    if (value === present) return this.discard(model.id, [field]);
    const entry = this.#entries.get(model.id) ?? this.#begin(model);
    const base = former ? former.base : present;
    entry.fault = null;
    entry.members.set(field, { base, value, fault: FIELDS[field].fault?.(value) ?? null, theirs: former?.theirs ?? null });
    this.#tell(model.id);
  }

  /** Why it could not be saved: at a member, or for the row as a whole. @param {number} id @param {string|null} field @param {string} why */
  refuse(id, field, why) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const draft = field ? entry.members.get(field) : undefined;
    if (draft) draft.fault = why;
    else entry.fault = why;
    this.#tell(id);
  }

  /** Somebody else was quicker. @param {number} id @param {string} field @param {unknown} theirs */
  overtaken(id, field, theirs) {
    const draft = this.get(id, field);
    if (!draft) return;
    draft.theirs = { value: theirs };
    this.#tell(id);
  }

  /** The other one's change was seen; this one is still wanted. @param {number} id @param {string} field */
  keep(id, field) {
    const draft = this.get(id, field);
    if (!draft?.theirs) return;
    draft.base = draft.theirs.value;
    draft.theirs = null;
    this.#tell(id);
  }

  /** Takes changes back: those of some members, of an instance, or all. @param {number} [id] @param {string[]} [fields] */
  discard(id, fields) {
    const ids = id === undefined ? [...this.#entries.keys()] : [id];
    for (const one of ids) {
      const entry = this.#entries.get(one);
      if (!entry) continue;
      for (const field of fields ?? [...entry.members.keys()]) entry.members.delete(field);
      entry.fault = null;
      if (!entry.members.size) this.#end(entry);
      this.#tell(one);
    }
  }

  /** As they are now, to come back to. @param {number} id @param {string[]} fields @returns {() => void} */
  mark(id, fields) {
    const model = this.#entries.get(id)?.model;
    const then = fields.map((field) => /** @type {const} */ ([field, this.get(id, field) ?? null]));
    return () => {
      for (const [field, draft] of then) {
        const entry = this.#entries.get(id);
        if (draft && model) this.set(model, field, draft.value);
        else if (entry?.members.has(field)) this.discard(id, [field]);
      }
    };
  }

  /** What is sent: the changes, and what the person saw of them. @param {number} id @returns {Record<string, unknown>} */
  body(id) {
    const members = [...this.of(id)];
    return {
      ...Object.fromEntries(members.map(([field, { value }]) => [field, FIELDS[field].send ? FIELDS[field].send(value) : value])),
      base: Object.fromEntries(members.filter(([field]) => !FIELDS[field].send).map(([field, { base }]) => [field, base])),
    };
  }

  /** @param {InstanceModel} model */
  #begin(model) {
    /** @type {Entry} */
    const entry = { model, members: new Map(), fault: null, life: new AbortController() };
    this.#entries.set(model.id, entry);
    const { signal } = entry.life;
    model.addEventListener('change', () => this.#compare(entry), { signal });
    model.addEventListener('gone', () => this.#lost(entry), { signal });
    return entry;
  }

  /** @param {Entry} entry */
  #end(entry) {
    entry.life.abort();
    this.#entries.delete(entry.model.id);
  }

  /** The instance is gone, and its changes with it. @param {Entry} entry */
  #lost(entry) {
    this.#end(entry);
    this.#tell(entry.model.id);
    this.dispatchEvent(new CustomEvent('lost', { detail: entry.model }));
  }

  /** What others changed meanwhile. @param {Entry} entry */
  #compare(entry) {
    let news = false;
    for (const [field, draft] of entry.members) {
      const present = FIELDS[field].read(entry.model.data);
      if (present === draft.value) entry.members.delete(field);
      else if (present === draft.base) {
        if (!draft.theirs) continue;
        draft.theirs = null;
      } else if (draft.theirs && draft.theirs.value === present) continue;
      else draft.theirs = { value: present };
      news = true;
    }
    if (!news) return;
    if (!entry.members.size) this.#end(entry);
    this.#tell(entry.model.id);
  }

  /** @param {number} id */
  #tell(id) {
    this.dispatchEvent(new CustomEvent('change', { detail: id }));
  }
}
