// The order and the groups, which are everybody's: each move is one call, one after the other.
import { api, sentence } from '../api.js';
import { say } from '../announce.js';
import { arrange } from './arrange.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */

export class Order {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
  }

  /** In the order as it is kept, whatever the table is sorted by. */
  get sections() {
    return arrange(this.app.instances.sorted(), null);
  }

  /** Sets the order of all, and the groups of some roots. @param {number[]} ids @param {Record<number, string|null>} [groups] */
  set(ids, groups) {
    return this.#queue(() => this.#send(ids, groups));
  }

  /** Moves a family, or a satellite within its own: by one place up or down. @param {InstanceModel} model @param {-1|1} by */
  move(model, by) {
    return this.#queue(async () => {
      if (this.app.columns.sort) return this.app.toasts.show('info', 'The table is sorted. Take the sorting back to move rows.');
      const { sections } = this;
      const places = sections.flatMap((section) => section.families.map((family) => ({ section, family })));
      const at = places.findIndex(({ family }) => family.members.includes(model));
      if (at < 0) return;
      const here = places[at];
      /** @type {Record<number, string|null>} */
      const groups = {};
      if (here.family.root !== model) {
        const { members } = here.family;
        const from = members.indexOf(model);
        if (from + by < 1 || from + by >= members.length) return;
        [members[from], members[from + by]] = [members[from + by], members[from]];
      } else {
        const other = places[at + by];
        if (!other) return;
        // At the edge of its group it first goes over to the neighbour's.
        if (other.section !== here.section) groups[model.id] = other.section.label;
        else [places[at], places[at + by]] = [places[at + by], places[at]];
      }
      const ids = places.flatMap(({ family }) => family.members.map(({ id }) => id));
      if (!(await this.#send(ids, groups))) return;
      const label = groups[model.id];
      say(label !== undefined ? `${model.data.name} is in ${label ?? 'no group'} now.` : `${model.data.name} moved ${by < 0 ? 'up' : 'down'}.`);
      this.app.table.reveal(model.id);
    });
  }

  /** @param {string} label @param {string} next */
  renameGroup(label, next) {
    return this.#queue(() => {
      const roots = this.sections.find((section) => section.label === label)?.families.map(({ root }) => root.id) ?? [];
      return this.#send(this.#ids, Object.fromEntries(roots.map((id) => [id, next])));
    });
  }

  /** Puts whole families into a group; satellites go with their parents. @param {InstanceModel[]} models @param {string|null} label */
  group(models, label) {
    return this.#queue(() => {
      const roots = models.map((model) => this.app.instances.get(model.data.parent_instance_id) ?? model);
      return this.#send(this.#ids, Object.fromEntries(roots.map(({ id }) => [id, label])));
    });
  }

  get #ids() {
    return this.app.instances.sorted().map(({ id }) => id);
  }

  /** @param {() => Promise<unknown>} work */
  #queue(work) {
    this.#last = this.#last.then(work, work);
    return this.#last;
  }

  /** @param {number[]} ids @param {Record<number, string|null>} [groups] @returns {Promise<boolean>} */
  async #send(ids, groups) {
    const { instances, toasts } = this.app;
    try {
      for (const data of await api.arrange(ids, groups)) instances.put(data, true);
      return true;
    } catch (error) {
      toasts.show('error', `The order could not be kept: ${sentence(error)}`);
      return false;
    }
  }
}
