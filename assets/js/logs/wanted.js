// Other tools ask for the log of a former run: `want(id, at)`, then `app.tools.openLog(model)`.

/** @type {Map<number, string>} */
const waiting = new Map();

/** Emits `want` (detail: the id of the instance). */
export const wanted = new EventTarget();

/** The log of the run that had ended last at this moment. @param {number} id of the instance @param {string} at */
export function want(id, at) {
  waiting.set(id, at);
  wanted.dispatchEvent(new CustomEvent('want', { detail: id }));
}

/** What is waited for, once. @param {number} id @returns {string|null} */
export function take(id) {
  const at = waiting.get(id) ?? null;
  waiting.delete(id);
  return at;
}

/** @param {import('../api-logs.js').KeptRun[]} runs the newest first @param {string} at @returns {string|null} */
export const endedBy = (runs, at) => runs.find(({ ended_at: ended }) => ended !== null && Date.parse(ended) <= Date.parse(at))?.run ?? null;
