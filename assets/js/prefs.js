// What this browser remembers. A refused storage only means that nothing is remembered.

/** @type {Storage|undefined} */
let box;
try {
  box = localStorage;
} catch {
  box = undefined;
}

/** What could not be kept, for as long as the page lives. @type {Map<string, string>} */
const unkept = new Map();

/** @param {string} key @param {string} fallback */
export function recall(key, fallback) {
  try {
    return unkept.get(key) ?? box?.getItem(`aikore.${key}`) ?? fallback;
  } catch {
    return fallback;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    if (!box) unkept.set(key, value);
    box?.setItem(`aikore.${key}`, value);
  } catch {
    // Full or refused: not worth a message.
    unkept.set(key, value);
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

/**
 * The same for this tab of the browser alone, over a reload.
 * @template T @param {string} key @param {T} fallback @returns {T}
 */
export function recallHere(key, fallback) {
  try {
    return JSON.parse(sessionStorage.getItem(`aikore.${key}`) ?? '') ?? fallback;
  } catch {
    return fallback;
  }
}

/** @param {string} key @param {unknown} value */
export function rememberHere(key, value) {
  try {
    sessionStorage.setItem(`aikore.${key}`, JSON.stringify(value));
  } catch {
    // As above.
  }
}

/** Says `look` when theme or density has changed, here or in another tab. */
export const looks = new EventTarget();

/** @typedef {'system'|'dark'|'light'|'crt'} Theme */

/** Every theme with its picture and its name. @type {readonly (readonly [Theme, string, string])[]} */
export const THEMES = [
  ['system', 'system', 'Theme of the system'],
  ['dark', 'moon', 'Dark theme'],
  ['light', 'sun', 'Light theme'],
  ['crt', 'crt', 'CRT theme'],
];

/** @returns {Theme} */
export function theme() {
  const wanted = recall('theme', 'system');
  return THEMES.find(([value]) => value === wanted)?.[0] ?? 'system';
}

/** @param {Theme} value */
export function setTheme(value) {
  remember('theme', value);
  apply();
}

/** @param {boolean} dense */
export function setDense(dense) {
  remember('rows', dense ? 'dense' : 'comfortable');
  apply();
}

export const isDense = () => recall('rows', 'comfortable') === 'dense';

function apply() {
  const { dataset } = document.documentElement;
  if (theme() === 'system') delete dataset.theme;
  else dataset.theme = theme();
  dataset.rows = isDense() ? 'dense' : 'comfortable';
  looks.dispatchEvent(new Event('look'));
}

addEventListener('storage', ({ key }) => ['aikore.theme', 'aikore.rows'].includes(key ?? '') && apply());
