// How the table is shown: which columns, sorted by what. Kept by this browser.
import { button, el, iconButton, setAttr, uid } from '../dom.js';
import { COLUMNS } from '../table/columns.js';
import { tick } from './dialog.js';

/** @param {import('../app.js').App} app */
export function createViewMenu(app) {
  const { columns } = app;
  const id = uid('view');
  const sorts = COLUMNS.filter(({ key }) => key);
  const by = el('select', { class: 'input', 'aria-label': 'Sort by' }, el('option', { value: '', text: 'Your own order' }), ...sorts.map((column) => el('option', { value: column.id, text: column.label })));
  const down = tick('Downwards', false);
  const sort = () => columns.setSort(by.value ? { by: by.value, down: down.input.checked } : null);
  by.addEventListener('change', sort);
  down.input.addEventListener('change', sort);
  const ticks = COLUMNS.filter(({ fixed }) => !fixed).map((column) => {
    const one = tick(column.label, false);
    one.input.addEventListener('change', () => columns.show(column.id, one.input.checked));
    return { column, ...one };
  });
  const pop = el(
    'div',
    { class: 'view-pop', id, popover: 'auto', role: 'dialog', 'aria-label': 'View of the table' },
    el('h3', { text: 'Sort by' }),
    el('div', { class: 'view-sort' }, by, down.element),
    el('h3', { class: 'only-wide', text: 'Columns' }),
    el('div', { class: 'view-columns only-wide' }, ...ticks.map(({ element }) => element)),
    el('div', { class: 'pop-foot' }, button('Reset the view', { class: 'small', on: { click: () => columns.reset() } })),
  );
  const opener = iconButton('columns', 'Columns and sorting', () => {}, 'view-button');
  setAttr(opener, 'popovertarget', id);

  const render = () => {
    by.value = columns.sort?.by ?? '';
    down.input.checked = Boolean(columns.sort?.down);
    down.input.disabled = !columns.sort;
    for (const { column, input, element } of ticks) {
      input.checked = columns.isShown(column);
      element.hidden = column.id === 'gpus' && !columns.hasGpus;
    }
    setAttr(opener, 'aria-pressed', columns.sort ? 'true' : null);
  };
  pop.addEventListener('beforetoggle', () => {
    render();
    const from = opener.getBoundingClientRect();
    pop.style.top = `${from.bottom + 4}px`;
    pop.style.right = `${Math.max(8, innerWidth - from.right)}px`;
  });
  // Keys of the page stay outside; Esc only closes this.
  pop.addEventListener('keydown', (event) => event.stopPropagation());
  columns.addEventListener('change', render);
  render();
  return el('span', { class: 'view' }, opener, pop);
}
