// Parts of the tool about an environment: its repositories, and its earlier states.
import { button, el, setAttr } from '../dom.js';
import { capital, changeWords, nameOf, noun, several, short, snapshotWords } from '../environment/words.js';
import { icon } from '../icons.js';

/** @typedef {import('../api-environment.js').Repository} Repository */
/** @typedef {import('../api-environment.js').Snapshot} Snapshot */

/** @param {Repository} repository */
export function repositoryLine({ path, commit, branch, changed, subject }) {
  return el(
    'li',
    { class: 'e-repository' },
    icon('branch'),
    el(
      'span',
      {},
      el('strong', { class: 'mono', text: path }),
      el('span', { class: 'mono', text: branch ?? 'no branch' }),
      el('span', { class: 'mono muted', title: commit, text: short(commit) }),
      changed ? el('span', { class: 'mark-here', title: 'Files of it were changed here. An update sets them aside and loses nothing.', text: 'changed' }) : null,
      subject ? el('span', { class: 'e-subject', text: subject }) : null,
    ),
  );
}

/** @param {string} name @param {string} from @param {string} to */
const changeRow = (name, from, to) => el('tr', {}, el('th', { scope: 'row', class: 'mono', text: name }), el('td', { class: 'mono', text: from }), el('td', { class: 'mono', text: to }));

/** What became another one after it, folded away. @param {Snapshot} snapshot */
function changesOf({ changes, before }) {
  const words = changeWords(changes);
  if (!words) return el('p', { class: 'hint', text: `The ${noun(before)} changed neither packages nor code.` });
  const head = el('thead', {}, el('tr', {}, ...['What', 'Then', 'Afterwards'].map((text) => el('th', { scope: 'col', text }))));
  const rows = [
    ...changes.repositories.map(({ path, from, to }) => changeRow(path, short(from), short(to))),
    ...changes.packages.map(({ name, from, to }) => changeRow(name, from ?? 'not there', to ?? 'gone')),
  ];
  const table = el('table', { class: 'sheet-table e-changes', 'aria-label': 'What changed' }, head, el('tbody', {}, ...rows));
  return el('details', {}, el('summary', { text: `What the ${noun(before)} changed: ${words}` }), table);
}

/**
 * @param {Snapshot} snapshot
 * @param {{ back: (snapshot: Snapshot) => void, prune: (snapshot: Snapshot) => void }} deeds
 */
export function snapshotCard(snapshot, deeds) {
  const name = nameOf(snapshot);
  const back = button('Roll back to this', { icon: 'undo', class: 'small', on: { click: () => deeds.back(snapshot) } });
  const prune = button('Prune', { icon: 'delete', class: 'small', on: { click: () => deeds.prune(snapshot) } });
  setAttr(back, 'aria-label', `Roll back to this: ${name}`);
  setAttr(prune, 'aria-label', `Prune: ${name}`);
  const { packages, has_environment: whole } = snapshot;
  return el(
    'li',
    { class: 'e-snapshot' },
    el('div', { class: 'e-head' }, el('h4', { text: capital(name) }), el('span', { class: 'e-deeds' }, back, prune)),
    el('p', { class: whole ? '' : 'muted', text: snapshotWords(snapshot) }),
    whole ? null : el('p', { class: 'hint', text: packages ? `Only its list is kept: going back makes it anew by exactly these ${several(packages, 'package')}.` : 'There is no environment to go back to, only the code.' }),
    snapshot.repositories.length ? el('ul', { class: 'e-repositories' }, ...snapshot.repositories.map(repositoryLine)) : null,
    changesOf(snapshot),
  );
}

