// The one way in which changes get to the server: asked first what they would do, then done, one instance after the other.
import { ApiError, api, sentence } from '../api.js';
import { fieldOf } from './fields.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {{ model: InstanceModel, plan: import('../types.js').Planned|null }} Outlook `plan` is null when the server refuses */

export class Saver {
  /** @param {import('./drafts.js').Drafts} drafts @param {import('../store.js').Instances} instances */
  constructor(drafts, instances) {
    this.drafts = drafts;
    this.instances = instances;
  }

  /** What saving would do, of each. Refusals are noted where they belong. @param {InstanceModel[]} models @returns {Promise<Outlook[]>} */
  plan(models) {
    return Promise.all(
      models.map(async (model) => {
        try {
          return { model, plan: await api.plan(model.id, this.drafts.body(model.id)) };
        } catch (error) {
          this.#note(model, error);
          return { model, plan: null };
        }
      }),
    );
  }

  /**
   * Saves these. What fails stays as it is, with the reason.
   * @param {InstanceModel[]} models @param {(model: InstanceModel, done: boolean) => void} [told] after each
   * @returns {Promise<{ saved: import('../types.js').Instance[], failed: InstanceModel[] }>}
   */
  async save(models, told) {
    /** @type {import('../types.js').Instance[]} */
    const saved = [];
    /** @type {InstanceModel[]} */
    const failed = [];
    for (const model of models) {
      const sent = [...this.drafts.of(model.id)].map(([field, { value }]) => ({ field, value }));
      try {
        const answer = await api.update(model.id, this.drafts.body(model.id));
        // What was changed again while it was on its way is still to be saved.
        this.drafts.discard(model.id, sent.filter(({ field, value }) => this.drafts.get(model.id, field)?.value === value).map(({ field }) => field));
        this.instances.put(answer, true);
        saved.push(answer);
        told?.(model, true);
      } catch (error) {
        this.#note(model, error);
        failed.push(model);
        told?.(model, false);
      }
    }
    return { saved, failed };
  }

  /** @param {InstanceModel} model @param {unknown} error */
  #note(model, error) {
    const { drafts } = this;
    if (error instanceof ApiError && error.conflicts.length) {
      for (const { field, theirs } of error.conflicts) drafts.overtaken(model.id, field, theirs);
    } else drafts.refuse(model.id, error instanceof ApiError ? fieldOf(error.field) : null, sentence(error));
  }
}
