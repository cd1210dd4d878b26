// The parts the views may ask for. Filled once by main.js.

/**
 * @typedef {object} App
 * @property {import('./store.js').Instances} instances
 * @property {import('./store.js').Server} server
 * @property {import('./catalogue.js').Catalogue} catalogue
 * @property {import('./actions.js').Actions} actions
 * @property {import('./views/toasts.js').Toasts} toasts
 * @property {import('./views/tools.js').Tools} tools
 * @property {import('./views/table.js').InstanceTable} table
 * @property {Dialogs} dialogs
 */

/**
 * @typedef {object} Dialogs
 * @property {(filename?: string) => void} create
 * @property {(model: import('./store.js').InstanceModel) => void} edit
 * @property {(model: import('./store.js').InstanceModel) => void} remove
 * @property {(model: import('./store.js').InstanceModel) => void} copy
 * @property {(model: import('./store.js').InstanceModel) => void} satellite
 * @property {(model: import('./store.js').InstanceModel) => void} rebuild
 * @property {(model: import('./store.js').InstanceModel) => void} notes
 * @property {() => void} help
 */

export {};
