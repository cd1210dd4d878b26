// Other tools ask for a file to be edited: `want(id, path)`, then `app.tools.open('editor', model)`.

/** @type {Map<number, string>} */
const waiting = new Map();

/** Emits `want` (detail: the id of the instance). */
export const wanted = new EventTarget();

/** @param {number} id of the instance @param {string} path seen from its folder */
export function want(id, path) {
  waiting.set(id, path);
  wanted.dispatchEvent(new CustomEvent('want', { detail: id }));
}

/** What is waited for, once. @param {number} id @returns {string|null} */
export function take(id) {
  const path = waiting.get(id) ?? null;
  waiting.delete(id);
  return path;
}
