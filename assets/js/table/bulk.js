// One action for several instances, with one message at the end.
import { sentence } from '../api.js';

/** @typedef {import('../actions.js').Action} Action */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/** How many requests are on their way at a time. */
const AT_ONCE = 4;

/** @param {import('../app.js').App} app @returns {Action[]} */
export const bulkActions = (app) => app.actions.instance.filter(({ bulk }) => bulk);

/** @type {Record<string, string>} */
const DONE = { start: 'Starting', stop: 'Stopping', restart: 'Restarting', delete: 'Deleted' };

/** "a, b, c and 4 more". @param {string[]} names */
function list(names) {
  const [most, rest] = [names.slice(0, 3), names.length - 3];
  return rest > 0 ? `${most.join(', ')} and ${rest} more` : most.join(', ');
}

/**
 * Does it to each of them it can be done to; what can't be done is said with its reason.
 * @param {import('../app.js').App} app @param {Action} action @param {InstanceModel[]} models
 * @param {(done: number) => void} told how many are through
 * @param {(model: InstanceModel) => unknown} [work] instead of the action itself
 */
export async function runMany(app, action, models, told, work = action.run) {
  /** In the order of the list, whoever is ready first. @type {{ name: string, result: 'done'|'skipped'|'failed', why: string }[]} */
  const results = [];
  let through = 0;
  told(0);
  const waiting = models.map((model, at) => ({ model, at }));
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { model, at } = next;
      const { name } = model.data;
      const may = app.actions.enabled(action, model);
      if (may !== true) results[at] = { name, result: 'skipped', why: may };
      else {
        try {
          await work(model);
          results[at] = { name, result: 'done', why: '' };
        } catch (error) {
          results[at] = { name, result: 'failed', why: sentence(error) };
        }
      }
      told((through += 1));
    }
  };
  // A parent can be deleted only after its satellites: one after the other then.
  await Promise.all(Array.from({ length: action.id === 'delete' ? 1 : AT_ONCE }, worker));
  const done = results.flatMap(({ name, result }) => (result === 'done' ? name : []));
  const skipped = results.filter(({ result }) => result === 'skipped');
  const failed = results.filter(({ result }) => result === 'failed');
  const parts = [
    done.length ? `${DONE[action.id] ?? action.label} ${done.length}: ${list(done)}.` : '',
    skipped.length ? `Left out ${skipped.length}: ${skipped.slice(0, 3).map(({ name, why }) => `${name} (${why.replace(/\.$/, '')})`).join(', ')}${skipped.length > 3 ? ' …' : ''}.` : '',
    ...failed.map(({ name, why }) => `${name}: ${why}`),
  ];
  app.toasts.show(failed.length ? 'error' : done.length ? 'ok' : 'info', parts.filter(Boolean).join(' '));
}
