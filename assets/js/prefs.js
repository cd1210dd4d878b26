// What this browser remembers. A refused storage only means that nothing is remembered.

/** @type {Storage|undefined} */
let box;
try {
  box = localStorage;
} catch {
  box = undefined;
}

/** @param {string} key @param {string} fallback */
export function recall(key, fallback) {
  try {
    return box?.getItem(`aikore.${key}`) ?? fallback;
  } catch {
    return fallback;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    box?.setItem(`aikore.${key}`, value);
  } catch {
    // Full or refused: not worth a message.
  }
}

/** @param {string} key @param {unknown} value */
export const rememberJson = (key, value) => remember(key, JSON.stringify(value));

/** @template T @param {string} key @param {T} fallback @returns {T} */
export function recallJson(key, fallback) {
  try {
    return JSON.parse(recall(key, '')) ?? fallback;
  } catch {
    return fallback;
  }
}

/** @typedef {'system'|'dark'|'light'} Theme */

/** @returns {Theme} */
export const theme = () => /** @type {Theme} */ (recall('theme', 'system'));

/** @param {Theme} value */
export function setTheme(value) {
  remember('theme', value);
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

/** @param {boolean} dense */
export function setDense(dense) {
  remember('rows', dense ? 'dense' : 'comfortable');
  document.documentElement.dataset.rows = dense ? 'dense' : 'comfortable';
}

export const isDense = () => document.documentElement.dataset.rows === 'dense';
