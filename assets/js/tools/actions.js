// The actions that open tools and change how the page looks, for the one table of actions.
import { isDense, setDense, setTheme, THEMES } from '../prefs.js';
import { logOut } from '../sign-out.js';
import { zooms } from '../zoom.js';
import { TOOLS } from './registry.js';

/** @typedef {import('../app.js').App} App */

/** One for each tool of an instance. @param {App} app @returns {import('../actions.js').Action[]} */
export const instanceToolActions = (app) =>
  TOOLS.filter(({ perInstance }) => perInstance).map(({ id, label, icon, shortcut, enabled }) => ({
    id,
    label,
    icon,
    shortcut,
    enabled: enabled ?? (() => true),
    run: (model) => app.tools.open(id, model),
  }));

/** @param {App} app @returns {import('../actions.js').PageAction[]} */
export const pageToolActions = (app) => [
  { id: 'palette', label: 'All actions', icon: 'search', shortcut: 'mod+k', run: () => app.dialogs.palette() },
  ...TOOLS.filter(({ perInstance }) => !perInstance).map(({ id, label, icon, shortcut }) => ({ id, label, icon, shortcut, run: () => app.tools.open(id) })),
  ...THEMES.map(([value, icon, label]) => ({ id: `theme-${value}`, label, icon, run: () => setTheme(value) })),
  { id: 'dense', label: 'Dense or comfortable rows', icon: 'dense', run: () => setDense(!isDense()) },
  { id: 'zoom-reset', label: 'All panes back to 100 %', icon: 'shrink', run: () => zooms.reset() },
  { id: 'logout', label: 'Log out', icon: 'leave', offered: () => app.server.auth === 'password', run: () => logOut(app) },
];
