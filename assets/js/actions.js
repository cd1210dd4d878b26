// The one table of everything that can be done: buttons, menus, shortcuts and the help are views of it.
import { firstWayIn } from './format.js';
import { api, sentence } from './api.js';
import { part } from './load.js';
import { instanceToolActions, pageToolActions } from './tools/actions.js';

/** @typedef {import('./store.js').InstanceModel} InstanceModel */
/** @typedef {import('./types.js').Instance} Instance */
/** @typedef {import('./app.js').App} App */

/**
 * @typedef {object} Action
 * @property {string} id
 * @property {string} label
 * @property {string} icon
 * @property {string} [shortcut] as keyOf() gives it
 * @property {boolean} [danger]
 * @property {boolean} [apart] begins a new group in menus
 * @property {boolean} [bulk] can be done to several at once
 * @property {(data: Instance) => boolean} [offered] false where it makes no sense; without it, always
 * @property {(data: Instance) => true|string} enabled true, or the sentence why not
 * @property {(model: InstanceModel) => unknown} run
 */

/**
 * @typedef {object} PageAction
 * @property {string} id
 * @property {string} label
 * @property {string} icon
 * @property {string} [shortcut]
 * @property {() => boolean} [offered] false where it makes no sense; without it, always
 * @property {() => unknown} run
 */

/** @param {string} word */
const busy = (word) => `It is ${word} at the moment.`;

/** Another environment is not begun while one is being made. @param {Instance} data @returns {true|string} */
const mayBegin = ({ status }) => (status === 'stopping' || status === 'installing' ? busy(status) : true);

/** A sorted table has no places of one's own. @param {App} app */
const unsorted = (app) => (app.columns.sort ? 'The table is sorted.' : true);

/** @param {App} app @returns {Action[]} */
function instanceActions(app) {
  const { instances } = app;

  /** @param {'start'|'stop'|'restart'} verb */
  const control = (verb) => async (/** @type {InstanceModel} */ model) => {
    instances.put(await api.control(model.id, verb), true);
  };

  return [
    {
      id: 'start',
      label: 'Start',
      icon: 'start',
      shortcut: 's',
      bulk: true,
      enabled: ({ status }) => {
        if (status === 'stopped' || status === 'error') return true;
        return status === 'stopping' ? busy('stopping') : 'It is running already.';
      },
      run: control('start'),
    },
    {
      id: 'stop',
      label: 'Stop',
      icon: 'stop',
      shortcut: 'x',
      bulk: true,
      enabled: ({ status, restart }) => {
        // A restart that is coming can be called off.
        if (status === 'stopped' && !restart) return 'It is not running.';
        return status === 'stopping' ? busy('stopping') : true;
      },
      run: control('stop'),
    },
    {
      id: 'restart',
      label: 'Restart',
      icon: 'restart',
      shortcut: 'r',
      bulk: true,
      enabled: ({ status }) => {
        if (status === 'stopped' || status === 'error') return 'It is not running.';
        return status === 'stopping' ? busy('stopping') : true;
      },
      run: control('restart'),
    },
    {
      id: 'open',
      label: 'Open',
      icon: 'open',
      shortcut: 'o',
      apart: true,
      enabled: ({ status }) => {
        if (status === 'stopped' || status === 'error') return 'Start it first.';
        return status === 'stopping' ? busy('stopping') : true;
      },
      run: (model) => window.open(firstWayIn(model.data.urls), '_blank', 'noopener'),
    },
    {
      id: 'view-link',
      label: 'Copy view-only link',
      icon: 'link',
      offered: ({ persistent_mode }) => persistent_mode,
      enabled: ({ desktop }) => {
        if (app.server.auth === 'none') return 'Nobody logs in here: its address is enough.';
        return desktop?.engine === 'kasmvnc' ? 'KasmVNC can’t tell looking from touching. Start AiKore with AIKORE_DESKTOP=tigervnc.' : true;
      },
      run: async (model) => {
        const { copyViewLink } = await part(() => import('./views/view-link.js'));
        await copyViewLink(app, model);
      },
    },
    ...instanceToolActions(app),
    { id: 'edit', label: 'Edit', icon: 'edit', shortcut: 'e', apart: true, enabled: () => true, run: (model) => app.dialogs.edit(model) },
    {
      id: 'copy',
      label: 'Copy',
      icon: 'copy',
      shortcut: 'c',
      enabled: ({ parent_instance_id, status }) => {
        if (parent_instance_id !== null) return 'Copy its parent: the app is there.';
        return status === 'installing' ? busy('being made') : true;
      },
      run: (model) => app.dialogs.copy(model),
    },
    {
      id: 'satellite',
      label: 'New satellite',
      icon: 'add',
      enabled: ({ parent_instance_id }) => (parent_instance_id === null ? true : 'It is a satellite itself.'),
      run: (model) => app.dialogs.satellite(model),
    },
    { id: 'update', label: 'Update', icon: 'update', apart: true, enabled: mayBegin, run: (model) => app.dialogs.tryOut(model, 'update') },
    { id: 'rebuild', label: 'Rebuild', icon: 'installing', enabled: mayBegin, run: (model) => app.dialogs.tryOut(model, 'rebuild') },
    {
      id: 'rollback',
      label: 'Roll back',
      icon: 'undo',
      // Also while it installs: that calls off what is being tried.
      enabled: ({ status }) => (status === 'stopping' ? busy('stopping') : true),
      run: (model) => app.dialogs.tryOut(model, 'rollback'),
    },
    { id: 'up', label: 'Move up', icon: 'up', shortcut: 'Alt+ArrowUp', apart: true, enabled: () => unsorted(app), run: (model) => app.order.move(model, -1) },
    { id: 'down', label: 'Move down', icon: 'down', shortcut: 'Alt+ArrowDown', enabled: () => unsorted(app), run: (model) => app.order.move(model, 1) },
    {
      id: 'group',
      label: 'Group',
      icon: 'group',
      enabled: ({ parent_instance_id }) => (parent_instance_id === null ? true : 'It stands with its parent.'),
      run: (model) => app.dialogs.group([model]),
    },
    {
      id: 'delete',
      label: 'Delete',
      icon: 'delete',
      apart: true,
      shortcut: 'Delete',
      danger: true,
      bulk: true,
      enabled: ({ id, status }) => {
        if (status !== 'stopped' && status !== 'error') return 'Stop it first.';
        return instances.satellites(id).length ? 'Delete its satellites first.' : true;
      },
      run: (model) => app.dialogs.remove(model),
    },
  ];
}

/** @param {App} app @returns {PageAction[]} */
const pageActions = (app) => [
  { id: 'new', label: 'New instance', icon: 'add', shortcut: 'n', run: () => app.dialogs.create() },
  { id: 'search', label: 'Search', icon: 'search', shortcut: '/', run: () => app.table.focusSearch() },
  { id: 'api', label: 'Open the API', icon: 'open', run: () => void window.open('api/docs', '_blank', 'noopener') },
  { id: 'help', label: 'Keys and help', icon: 'help', shortcut: '?', run: () => app.dialogs.help() },
  ...pageToolActions(app),
];

/** The action a row offers first, by its status. @type {Record<import('./types.js').Status, string>} */
const PRIMARY = {
  stopped: 'start',
  error: 'start',
  started: 'open',
  starting: 'stop',
  installing: 'stop',
  stalled: 'stop',
  stopping: 'stop',
};

/** Emits `pending` (detail: id of the instance) when a request for it begins or ends. */
export class Actions extends EventTarget {
  /** Requests under way, by instance. @type {Map<number, string>} */
  pending = new Map();

  /** @param {App} app */
  constructor(app) {
    super();
    this.app = app;
    /** @type {readonly Action[]} */
    this.instance = Object.freeze(instanceActions(app));
    /** @type {readonly PageAction[]} */
    this.page = Object.freeze(pageActions(app));
  }

  /** @param {Instance} data @returns {Action} */
  primary(data) {
    const id = PRIMARY[data.status] ?? 'start';
    return this.instance.find((action) => action.id === id) ?? this.instance[0];
  }

  /** @param {Action} action @param {InstanceModel} model @returns {true|string} */
  enabled(action, model) {
    const pending = this.pending.get(model.id);
    if (pending && ['start', 'stop', 'restart', 'delete'].includes(action.id)) return `Waiting for ${pending}.`;
    return action.enabled(model.data);
  }

  /** Runs it if it may; a failure becomes a message. @param {Action} action @param {InstanceModel} model */
  async run(action, model) {
    const may = this.enabled(action, model);
    if (may !== true) {
      this.app.toasts.show('info', `${model.data.name}: ${may}`);
      return;
    }
    try {
      const result = action.run(model);
      if (!(result instanceof Promise)) return;
      this.#setPending(model.id, action.label.toLowerCase());
      await result;
    } catch (error) {
      this.app.toasts.show('error', `${action.label} ${model.data.name}: ${sentence(error)}`);
    } finally {
      this.#setPending(model.id, null);
    }
  }

  /** @param {number} id @param {string|null} word */
  #setPending(id, word) {
    if (word ? this.pending.get(id) === word : !this.pending.has(id)) return;
    if (word) this.pending.set(id, word);
    else this.pending.delete(id);
    this.dispatchEvent(new CustomEvent('pending', { detail: id }));
  }
}
