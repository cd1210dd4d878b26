// What stands above the table: how many there are, search, filter, view, and the button for a new one.
import { button, el, iconButton, setText } from '../dom.js';
import { icon } from '../icons.js';
import { isDense, setDense } from '../prefs.js';
import { FILTERS } from '../table/arrange.js';
import { createViewMenu } from './view-menu.js';

/** @param {import('../app.js').App} app @param {{ filter: () => void, leave: () => void }} on `leave`: from the search to what it found */
export function createTableTools(app, { filter, leave }) {
  const count = el('span', { class: 'count' });
  const search = el('input', { type: 'search', class: 'search-input', placeholder: 'Search', 'aria-label': 'Search instances', autocomplete: 'off', spellcheck: 'false' });
  search.addEventListener('input', filter);
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && search.value) {
      search.value = '';
      filter();
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') leave();
    else return;
    event.preventDefault();
  });
  const status = el('select', { class: 'input filter-status', 'aria-label': 'Show' }, ...Object.entries(FILTERS).map(([value, { label }]) => el('option', { value, text: label })));
  status.addEventListener('change', filter);
  const dense = iconButton('dense', 'Dense rows', () => {
    setDense(!isDense());
    dense.setAttribute('aria-pressed', String(isDense()));
  }, 'only-wide');
  dense.setAttribute('aria-pressed', String(isDense()));
  const fresh = app.actions.page[0];
  const add = button(fresh.label, { icon: fresh.icon, primary: true, class: 'only-wide', on: { click: fresh.run } });
  const element = el('header', { class: 'pane-head' }, el('h2', { text: 'Instances' }), count, el('span', { class: 'spring' }), el('label', { class: 'search' }, icon('search'), search), status, createViewMenu(app), dense, add);
  const renderCount = () => {
    const all = [...app.instances.models.values()];
    const running = all.filter(({ data }) => data.status === 'started').length;
    const failed = all.filter(({ data }) => data.status === 'error' || data.status === 'stalled').length;
    const parts = [String(all.length), `${running} started`];
    if (failed) parts.push(`${failed} in trouble`);
    setText(count, all.length ? parts.join(' · ') : '');
  };
  return { element, renderCount, search, status };
}
