// How the page looks in this browser: theme, density, sizes.
import { button, el } from '../dom.js';
import { isDense, looks, setDense, setTheme, theme, THEMES } from '../prefs.js';
import { icon } from '../icons.js';
import { zooms } from '../zoom.js';
import { zoomControl } from './zoom.js';

const WORDS = { system: 'As the system', dark: 'Dark', light: 'Light', crt: 'CRT' };

/** A group of choices of which one holds. @param {string} label @param {string} name @param {readonly (readonly [string, string, Node|null])[]} choices @param {(value: string) => void} choose */
function choice(label, name, choices, choose) {
  const inputs = choices.map(([value, text, picture]) => {
    const input = el('input', { type: 'radio', name, value, class: 'unseen' });
    input.addEventListener('change', () => choose(value));
    return { value, input, element: el('label', { class: 'look', data: { look: value } }, input, picture, el('span', { text })) };
  });
  return {
    element: el('div', { class: 'looks', role: 'radiogroup', 'aria-label': label }, ...inputs.map(({ element }) => element)),
    /** @param {string} value */
    set(value) {
      for (const one of inputs) one.input.checked = one.value === value;
    },
  };
}

/** A small picture of the page in a theme. @param {string} value */
const swatch = (value) => el('span', { class: 'swatch', 'aria-hidden': 'true', data: { theme: value } }, el('i', {}), el('i', {}), el('i', {}));

/** @param {import('../app.js').App} app @returns {import('./settings.js').Part} */
export function lookPart(app) {
  const life = new AbortController();
  const themes = choice('Theme', 'settings-theme', THEMES.map(([value]) => [value, WORDS[value], swatch(value)]), (value) => setTheme(/** @type {import('../prefs.js').Theme} */ (value)));
  const rows = choice('Rows of the table', 'settings-rows', [['comfortable', 'Comfortable', icon('logs')], ['dense', 'Dense', icon('dense')]], (value) => setDense(value === 'dense'));
  const render = () => {
    themes.set(theme());
    rows.set(isDense() ? 'dense' : 'comfortable');
  };
  looks.addEventListener('look', render, { signal: life.signal });
  render();
  const sizes = [['list', 'Instances'], ['monitor', 'Monitoring'], ...app.tools.kinds.map(({ id, label }) => [`tool.${id}`, label])];
  const reset = button('All back to 100 %', { class: 'small', on: { click: () => zooms.reset() } });
  /** @param {string} label @param {...Node} rest */
  const line = (label, ...rest) => el('div', { class: 'setting' }, el('span', { class: 'setting-label', text: label }), el('div', { class: 'setting-value' }, ...rest));
  const element = el(
    'section',
    {},
    el('p', { class: 'hint', text: 'Kept in this browser.' }),
    line('Theme', themes.element),
    line('Rows', rows.element),
    el(
      'div',
      { class: 'setting only-wide-row' },
      el('span', { class: 'setting-label', text: 'Size' }),
      el('div', { class: 'setting-value' }, el('ul', { class: 'sizes' }, ...sizes.map(([key, label]) => el('li', {}, el('span', { text: label }), zoomControl(key, label, life.signal).element))), reset),
    ),
  );
  return { title: 'Appearance', element, close: () => life.abort() };
}
