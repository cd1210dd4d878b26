// Every tool of the pane below the table. A new one is one entry here; its code is loaded when it is first opened.

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/**
 * What a tool shows.
 * @typedef {object} ToolView
 * @property {HTMLElement} element
 * @property {(shown: boolean) => void} setShown it is in sight, or no longer
 * @property {() => void} [focus]
 * @property {() => void} [close] it will not be shown again
 */

/** @typedef {(app: App, model: InstanceModel) => ToolView} Create a tool of the page gets no model */

/**
 * @typedef {object} Tool
 * @property {string} id
 * @property {string} label
 * @property {string} icon
 * @property {boolean} perInstance
 * @property {(name: string) => string} [title] of the tab of an instance's tool
 * @property {string} [shortcut] of the action that opens it: of a row, or of the page
 * @property {(data: import('../types.js').Instance) => true|string} [enabled]
 * @property {() => Promise<Create>} load
 */

/** @type {readonly Tool[]} */
export const TOOLS = Object.freeze([
  {
    id: 'welcome',
    label: 'Welcome',
    icon: 'home',
    perInstance: false,
    load: async () => {
      const { WelcomeView } = await import('../views/welcome.js');
      return (app) => new WelcomeView(app);
    },
  },
  {
    id: 'logs',
    label: 'Log',
    icon: 'logs',
    perInstance: true,
    title: (name) => `Log of ${name}`,
    shortcut: 'l',
    load: async () => {
      const { LogView } = await import('../views/log-view.js');
      return (app, model) => new LogView(app, model);
    },
  },
  {
    id: 'terminal',
    label: 'Terminal',
    icon: 'terminal',
    perInstance: true,
    title: (name) => `Terminal of ${name}`,
    shortcut: 'j',
    load: async () => {
      const { TerminalView } = await import('../views/terminal-view.js');
      return (app, model) => new TerminalView(app, model);
    },
  },
  {
    id: 'files',
    label: 'Files',
    icon: 'folder',
    perInstance: true,
    title: (name) => `Files of ${name}`,
    shortcut: 'f',
    load: async () => {
      const { FilesView } = await import('../views/files.js');
      return (app, model) => new FilesView(app, model);
    },
  },
  {
    id: 'outputs',
    label: 'Outputs',
    icon: 'gallery',
    perInstance: true,
    title: (name) => `Outputs of ${name}`,
    shortcut: 'u',
    load: async () => {
      const { OutputsView } = await import('../outputs/view.js');
      return (app, model) => new OutputsView(app, model);
    },
  },
  {
    id: 'editor',
    label: 'Editor',
    icon: 'code',
    perInstance: true,
    title: (name) => `Editor of ${name}`,
    shortcut: 'i',
    load: async () => {
      const { EditorView } = await import('../views/editor.js');
      return (app, model) => new EditorView(app, model);
    },
  },
  {
    id: 'versions',
    label: 'Versions',
    icon: 'versions',
    perInstance: true,
    title: (name) => `Versions of ${name}`,
    shortcut: 'p',
    load: async () => {
      const { VersionsView } = await import('../views/versions.js');
      return (app, model) => new VersionsView(app, model);
    },
  },
  {
    id: 'environment',
    label: 'Environment',
    icon: 'environment',
    perInstance: true,
    title: (name) => `Environment of ${name}`,
    shortcut: 'd',
    load: async () => {
      const { EnvironmentView } = await import('../views/environment.js');
      return (app, model) => new EnvironmentView(app, model);
    },
  },
  {
    id: 'instance-wheels',
    // The page has a tool called Wheels: the shelf.
    label: 'Its wheels',
    icon: 'wheel',
    perInstance: true,
    title: (name) => `Wheels of ${name}`,
    load: async () => {
      const { InstanceWheels } = await import('../views/wheels-instance.js');
      return (app, model) => new InstanceWheels(app, model);
    },
  },
  {
    id: 'view',
    label: 'View here',
    icon: 'view',
    perInstance: true,
    title: (name) => `View of ${name}`,
    shortcut: 'v',
    load: async () => {
      const { InstanceView } = await import('../views/view-instance.js');
      return (app, model) => new InstanceView(app, model);
    },
  },
  {
    id: 'models',
    label: 'Models',
    icon: 'models',
    perInstance: false,
    shortcut: 'm',
    load: async () => {
      const { FilesView } = await import('../views/files.js');
      return (app) => new FilesView(app);
    },
  },
  {
    id: 'wheels',
    label: 'Wheels',
    icon: 'wheel',
    perInstance: false,
    shortcut: 'w',
    load: async () => {
      const { WheelShelf } = await import('../views/wheels-shelf.js');
      return (app) => new WheelShelf(app);
    },
  },
  {
    id: 'blueprints',
    label: 'Blueprints',
    icon: 'blueprint',
    perInstance: false,
    shortcut: 'b',
    load: async () => {
      const { BlueprintsView } = await import('../views/blueprints.js');
      return (app) => new BlueprintsView(app);
    },
  },
  {
    id: 'activity',
    label: 'Activity',
    icon: 'activity',
    perInstance: false,
    shortcut: 'a',
    load: async () => {
      const { ActivityView } = await import('../views/activity.js');
      return (app) => new ActivityView(app);
    },
  },
  {
    id: 'server-log',
    label: 'Server log',
    icon: 'server-log',
    perInstance: false,
    load: async () => {
      const { ServerLogView } = await import('../views/server-log.js');
      return (app) => new ServerLogView(app);
    },
  },
  {
    id: 'routes',
    label: 'Routes',
    icon: 'routes',
    perInstance: false,
    load: async () => {
      const { RoutesView } = await import('../views/routes.js');
      return (app) => new RoutesView(app);
    },
  },
  {
    id: 'trash',
    label: 'Trash',
    icon: 'delete',
    perInstance: false,
    shortcut: 't',
    load: async () => {
      const { TrashView } = await import('../views/trash.js');
      return (app) => new TrashView(app);
    },
  },
  {
    id: 'settings',
    label: 'Settings',
    icon: 'gear',
    perInstance: false,
    shortcut: ',',
    load: async () => {
      const { SettingsView } = await import('../views/settings.js');
      return (app) => new SettingsView(app);
    },
  },
]);

/** @param {string|null|undefined} id */
export const toolById = (id) => TOOLS.find((tool) => tool.id === id);

/** @param {Tool} tool @param {InstanceModel} [model] */
export const titleOf = (tool, model) => (model && tool.title ? tool.title(model.data.name) : tool.label);
