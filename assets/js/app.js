// The parts the views may ask for. Filled once by main.js.

/**
 * @typedef {object} App
 * @property {import('./store.js').Instances} instances
 * @property {import('./store.js').Server} server
 * @property {import('./jobs.js').Jobs} jobs
 * @property {import('./messages.js').Messages} messages
 * @property {import('./notices.js').Notices} notices
 * @property {import('./browser-notices.js').BrowserNotices} browserNotices
 * @property {import('./catalogue.js').Catalogue} catalogue
 * @property {import('./actions.js').Actions} actions
 * @property {import('./table/drafts.js').Drafts} drafts what is changed and not saved
 * @property {import('./table/saver.js').Saver} saver
 * @property {import('./table/selection.js').Selection} selection the rows that are ticked
 * @property {import('./table/columns.js').Columns} columns
 * @property {import('./table/order.js').Order} order
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
 * @property {(models: import('./store.js').InstanceModel[]) => void} removeMany
 * @property {(models: import('./store.js').InstanceModel[]) => void} group
 * @property {(models?: import('./store.js').InstanceModel[]) => void} review all changes, or those of some, and then save
 * @property {(model: import('./store.js').InstanceModel) => void} copy
 * @property {(model: import('./store.js').InstanceModel) => void} satellite
 * @property {(model: import('./store.js').InstanceModel, kind: import('./api-environment.js').Kind) => void} tryOut an update, a rebuild, a way back: asks first
 * @property {(model: import('./store.js').InstanceModel) => void} notes
 * @property {() => void} help
 * @property {() => void} palette
 */

export {};
