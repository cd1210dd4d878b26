// Dialogs that only tell: keys and help, and what an import repaired.
import { keyName } from '../shortcut.js';
import { el } from '../dom.js';
import { Dialog } from './dialog.js';

/** @param {string[]} keys @param {string} label */
const line = (keys, label) => el('li', {}, el('span', { class: 'keys' }, ...keys.map((key) => el('kbd', { text: key }))), el('span', { text: label }));

/** @param {string} title @param {HTMLElement[]} lines */
const group = (title, lines) => el('section', {}, el('h3', { text: title }), el('ul', { class: 'key-list' }, ...lines));

/** @param {import('../app.js').App} app */
export function openHelpDialog(app) {
  const { page, instance } = app.actions;
  const tools = group('In the tools, and at the lines between panes', [
    line(['←', '→'], 'Next and previous tab'),
    line(['Del'], 'Close the tab'),
    line(['←', '→', '↑', '↓'], 'Move the line'),
    line(['Enter'], 'The line back to its place'),
  ]);
  const editor = group('In the editor', [
    line(['Ctrl', 'S'], 'Save'),
    line(['Ctrl', 'F'], 'Find'),
    line(['F8'], 'Next problem'),
    line(['Esc', 'Tab'], 'Leave the text, one after the other'),
    line(['Ctrl', 'M'], 'Tab indents, or moves on'),
  ]);
  const terminal = group('In a terminal', [
    line(['Ctrl', 'Shift', 'C'], 'Copy what is selected'),
    line(['Ctrl', 'Shift', 'V'], 'Paste'),
    line(['Ctrl', 'Shift', 'F'], 'Find'),
    line(['Shift', 'Esc'], 'Out of it, to its tab'),
    line(['F2'], 'At its tab: another name'),
    line(['Del'], 'At its tab: end it'),
  ]);
  const dialog = new Dialog({ title: 'Keys and help', className: 'dialog-help' });
  dialog.body.append(
    el(
      'div',
      { class: 'help' },
      el('div', { class: 'help-column' }, group('Everywhere', [...page.flatMap((action) => (action.shortcut && (action.offered?.() ?? true) ? line(keyName(action.shortcut).split(' '), action.label) : [])), line(['Esc'], 'Close what is open')]), tools, terminal, editor),
      group('In the table', [
        line(['↑', '↓'], 'Next and previous row'),
        line(['←', '→'], 'Its cells'),
        line(['F2'], 'Change what is in a cell'),
        line(['Space'], 'Select the row'),
        line(['Ctrl', 'A'], 'Select all rows'),
        line(['Ctrl', 'S'], 'Look at all changes and save them'),
        line(['Enter'], 'The row’s first action: start, open or stop'),
        ...instance.flatMap((action) => (action.shortcut ? line([keyName(action.shortcut)], action.label) : [])),
        line(['Shift', 'F10'], 'More actions'),
      ]),
    ),
    el('p', { class: 'hint', text: `AiKore ${app.server.version ?? ''}. Everything runs on this machine; nothing on this page comes from elsewhere.` }),
  );
  // Nothing inside takes the focus: the keyboard scrolls the text itself.
  dialog.body.tabIndex = 0;
  dialog.open(dialog.cancel);
}

/** @param {unknown} value */
const shown = (value) => (value === null || value === undefined || value === '' ? 'nothing' : String(value));

/** @param {import('../store.js').InstanceModel} model */
export function openNotesDialog(model) {
  const { data } = model;
  const dialog = new Dialog({ title: `Import of ${data.name}`, className: 'dialog-notes' });
  dialog.body.append(
    el('p', { text: 'This instance comes from an older database. Some values could not be kept as they were:' }),
    el(
      'ul',
      { class: 'notes' },
      ...data.import_notes.map((note) =>
        el(
          'li',
          {},
          el('p', { class: 'note-change' }, el('strong', { text: note.field }), el('del', { class: 'mono', text: shown(note.old) }), el('span', { 'aria-hidden': 'true', text: '→' }), el('ins', { class: 'mono', text: shown(note.new) })),
          el('p', { class: 'hint', text: note.why }),
        ),
      ),
    ),
  );
  // Nothing inside takes the focus: the keyboard scrolls the text itself.
  dialog.body.tabIndex = 0;
  dialog.open(dialog.cancel);
}
