// Long work of the server: a model that emits events. No DOM, no fetching.

/** @typedef {'queued'|'running'|'done'|'failed'|'cancelled'} JobState */

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} kind
 * @property {number|null} instance_id
 * @property {JobState} state
 * @property {number} done
 * @property {number|null} total
 * @property {string} unit
 * @property {string|null} message
 * @property {string|null} error
 */

/** Whether nothing will happen to it any more. @param {Job} job */
export const isOver = ({ state }) => state === 'done' || state === 'failed' || state === 'cancelled';

/** Emits `change`, and `over` (detail: the job) when one has ended before our eyes. */
export class Jobs extends EventTarget {
  /** In the order they were asked for. @type {Map<string, Job>} */
  #all = new Map();

  get all() {
    return [...this.#all.values()];
  }

  get active() {
    return this.all.filter((job) => !isOver(job));
  }

  /** @param {Job[]} list all that are not forgotten */
  replace(list) {
    this.#all = new Map(list.map((job) => [job.id, job]));
    this.dispatchEvent(new Event('change'));
  }

  /** @param {Job} job */
  put(job) {
    const former = this.#all.get(job.id);
    // The answer to a cancelling was written before its event, and may come after it: what is over stays over.
    if (former && isOver(former) && !isOver(job)) return;
    // So may the answer to its begin: what runs does not wait any more.
    if (former?.state === 'running' && job.state === 'queued') return;
    this.#all.set(job.id, job);
    this.dispatchEvent(new Event('change'));
    if (isOver(job) && !(former && isOver(former))) this.dispatchEvent(new CustomEvent('over', { detail: job }));
  }
}
