// All actions by typing: of the page, of the tools, and of every instance. Made from the one table of actions.
import { keyName } from '../shortcut.js';
import { el, setAttr, setText, show, uid } from '../dom.js';
import { fuzzy } from '../fuzzy.js';
import { icon } from '../icons.js';

/** @typedef {import('../app.js').App} App */

/**
 * @typedef {object} Command
 * @property {string} label
 * @property {string} icon
 * @property {string} [side] whose it is
 * @property {string} [shortcut]
 * @property {string} [why] it cannot be done now
 * @property {number} weight what comes first without a search
 * @property {() => unknown} run
 */

const MOST = 60;

/** @param {App} app @returns {Command[]} */
function commands(app) {
  const { actions, instances } = app;
  /** @type {Command[]} */
  const all = actions.page
    .filter(({ id, offered }) => id !== 'palette' && (offered?.() ?? true))
    .map(({ label, icon, shortcut, run }) => ({ label, icon, shortcut, weight: 2, run }));
  const line = app.table.current;
  const current = line && 'model' in line ? line.model : null;
  for (const model of instances.sorted()) {
    const here = model === current;
    all.push({ label: `Go to: ${model.data.name}`, icon: model.data.status, side: 'row', weight: 0, run: () => app.table.focusRow(model.id) });
    for (const action of actions.instance) {
      if (action.offered?.(model.data) === false) continue;
      const may = actions.enabled(action, model);
      all.push({
        label: `${action.label}: ${model.data.name}`,
        icon: action.icon,
        side: may === true ? undefined : may,
        shortcut: here ? action.shortcut : undefined,
        why: may === true ? undefined : may,
        weight: here && may === true ? 3 : -1,
        run: () => actions.run(action, model),
      });
    }
  }
  return all;
}

/** @typedef {{ command: Command, at: Set<number> }} Found */

/** @param {Command[]} all @param {string} search @returns {Found[]} */
function find(all, search) {
  if (!search.trim()) {
    const first = all.filter(({ weight }) => weight >= 0).sort((a, b) => b.weight - a.weight);
    return first.slice(0, MOST).map((command) => ({ command, at: new Set() }));
  }
  const found = all.flatMap((command) => {
    const fits = fuzzy(search, command.label);
    // What cannot be done now is still found: its reason is the answer.
    return fits ? [{ command, at: fits.at, points: fits.points - (command.why ? 6 : 0) + (command.weight > 0 ? 0.5 : 0) }] : [];
  });
  return found.sort((a, b) => b.points - a.points).slice(0, MOST);
}

/** The label with the letters that fit. @param {string} text @param {Set<number>} at */
function marked(text, at) {
  const box = el('span', { class: 'palette-label' });
  let run = '';
  let on = false;
  const flush = () => {
    if (run) box.append(on ? el('mark', { text: run }) : run);
    run = '';
  };
  [...text].forEach((letter, index) => {
    if (at.has(index) !== on) {
      flush();
      on = !on;
    }
    run += letter;
  });
  flush();
  return box;
}

/** @param {App} app */
export function openPalette(app) {
  const before = /** @type {HTMLElement|null} */ (document.activeElement);
  let all = commands(app);
  const life = new AbortController();
  const listId = uid('palette');
  const input = el('input', {
    type: 'text',
    class: 'palette-input',
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': listId,
    'aria-autocomplete': 'list',
    'aria-label': 'What shall be done?',
    placeholder: 'What shall be done?',
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
  });
  const list = el('ul', { class: 'palette-list', role: 'listbox', id: listId, 'aria-label': 'Actions' });
  const none = el('p', { class: 'nothing', hidden: true });
  const count = el('p', { class: 'unseen', role: 'status' });
  const dialog = el(
    'dialog',
    { class: 'dialog palette', 'aria-label': 'All actions' },
    el('div', { class: 'palette-head' }, icon('search'), input, el('kbd', { text: 'Esc', 'aria-hidden': 'true' })),
    list,
    none,
    count,
  );
  /** @type {Found[]} */
  let found = [];
  let at = 0;

  /** @param {number} to */
  const choose = (to) => {
    at = to;
    [...list.children].forEach((option, index) => setAttr(option, 'aria-selected', String(index === to)));
    const option = list.children[to];
    setAttr(input, 'aria-activedescendant', option?.id ?? null);
    option?.scrollIntoView({ block: 'nearest' });
  };

  /** @param {Found|undefined} one */
  const run = (one) => {
    if (!one || one.command.why) return;
    dialog.close();
    void one.command.run();
  };

  const render = () => {
    found = find(all, input.value);
    list.replaceChildren(
      ...found.map(({ command, at: places }, index) => {
        const option = el(
          'li',
          { class: 'palette-option', role: 'option', id: `${listId}-${index}`, 'aria-disabled': command.why ? 'true' : null },
          icon(command.icon),
          marked(command.label, places),
          command.side ? el('span', { class: 'palette-side ellipsis', text: command.side }) : null,
          command.shortcut ? el('kbd', { text: keyName(command.shortcut), 'aria-hidden': 'true' }) : null,
        );
        option.addEventListener('click', () => run(found[index]));
        option.addEventListener('pointermove', () => at !== index && choose(index));
        return option;
      }),
    );
    show(none, found.length === 0);
    show(list, found.length > 0);
    setText(none, `Nothing is called “${input.value.trim()}”.`);
    setText(count, found.length === 1 ? '1 action' : `${found.length} actions`);
    choose(0);
  };

  input.addEventListener('input', render);
  // What can be done changes while it is open: a request ends, an instance has started.
  const states = () => app.instances.sorted().map(({ data }) => data.status).join();
  let known = states();
  /** @param {boolean} surely */
  const refresh = (surely) => {
    const now = states();
    if (!surely && now === known) return;
    known = now;
    const here = found[at]?.command.label;
    all = commands(app);
    render();
    choose(Math.max(0, found.findIndex(({ command }) => command.label === here)));
  };
  const { signal } = life;
  app.actions.addEventListener('pending', () => refresh(true), { signal });
  for (const model of app.instances.sorted()) model.addEventListener('change', () => refresh(false), { signal });
  dialog.addEventListener('keydown', (event) => {
    event.stopPropagation();
    const last = found.length - 1;
    const to = { ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, PageDown: Math.min(last, at + 8), PageUp: Math.max(0, at - 8) }[event.key];
    if (to !== undefined) choose(to);
    else if (event.key === 'Enter' && !event.isComposing) run(found[at]);
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') dialog.close();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('pointerdown', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => {
    life.abort();
    dialog.remove();
    // What was run may have put the focus where it belongs.
    if (document.activeElement === document.body && before?.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  render();
  input.focus();
}
