// What the server was told at its start, as `aikore config` prints it. To look at only: it is changed where it was said.
import { isMissing, panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { el, setText, show } from '../dom.js';

const FROM = { flag: 'command line', environment: 'environment', default: 'default' };

/** @returns {import('./settings.js').Part} */
export function serverPart() {
  const note = el('p', { class: 'hint', role: 'status', text: 'Reading…' });
  const body = el('tbody', {});
  const table = el(
    'table',
    { class: 'sheet-table config-table', 'aria-label': 'Settings of the server', hidden: true },
    el('thead', {}, el('tr', {}, ...['Setting', 'Value', 'From'].map((text) => el('th', { scope: 'col', text })))),
    body,
  );
  const hint = el('p', { class: 'hint', hidden: true, text: 'Set as environment variables or flags; a change counts from the next start on.' });

  const load = async () => {
    try {
      const settings = await panel.config();
      body.replaceChildren(
        ...settings.map(({ env, value, source, help }) =>
          el(
            'tr',
            { class: source === 'default' ? 'by-default' : '' },
            el('td', {}, el('span', { class: 'mono', text: env }), help ? el('span', { class: 'hint', text: help }) : null),
            el('td', {}, value ? el('span', { class: 'mono', text: value }) : el('span', { class: 'muted', text: 'not set' })),
            el('td', { class: 'muted', text: FROM[source] ?? source }),
          ),
        ),
      );
      setText(note, '');
      show(table, true);
    } catch (error) {
      setText(note, isMissing(error) ? 'This version of the server does not show them here. On the machine, `aikore config` prints them.' : sentence(error));
    }
    show(note, Boolean(note.textContent));
    show(hint, !table.hidden);
  };
  return { title: 'Server', element: el('section', {}, note, hint, table), load: () => void load() };
}
