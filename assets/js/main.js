// Wires the parts together. No logic of its own.
import { Actions } from './actions.js';
import { Catalogue } from './catalogue.js';
import { announce } from './announce.js';
import { listenForKeys } from './keys.js';
import { Live } from './live.js';
import { Instances, Server } from './store.js';
import { openCreateDialog } from './views/create-dialog.js';
import { openDeleteDialog } from './views/delete-dialog.js';
import { openCopyDialog, openRebuildDialog, openSatelliteDialog } from './views/derive-dialogs.js';
import { openEditDialog } from './views/edit-dialog.js';
import { createHeader } from './views/header.js';
import { openHelpDialog, openNotesDialog } from './views/info-dialogs.js';
import { splitPanes } from './views/panes.js';
import { Strips } from './views/strips.js';
import { InstanceTable } from './views/table.js';
import { createThumbs } from './views/thumbs.js';
import { Toasts } from './views/toasts.js';
import { Tools } from './views/tools.js';
import { showTips } from './views/tip.js';

/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const app = /** @type {import('./app.js').App} */ ({
  instances: new Instances(),
  server: new Server(),
  catalogue: new Catalogue(),
  toasts: new Toasts(place('toasts')),
});
app.dialogs = {
  create: (filename) => void openCreateDialog(app, filename),
  edit: (model) => void openEditDialog(app, model),
  remove: (model) => openDeleteDialog(app, model),
  copy: (model) => openCopyDialog(app, model),
  satellite: (model) => openSatelliteDialog(app, model),
  rebuild: (model) => openRebuildDialog(app, model),
  notes: (model) => openNotesDialog(model),
  help: () => openHelpDialog(app),
};
app.actions = new Actions(app);
app.table = new InstanceTable(place('list'), app);
app.tools = new Tools(place('tools'), app);
createHeader(place('top'), app, new Strips(place('strips'), app));
createThumbs(place('thumbs'), app);
splitPanes(place('list'), place('tools'));
listenForKeys(app);
showTips();
announce(place('live'), app);

const live = new Live(app.instances, app.server);
live.addEventListener('notice', (event) => {
  const { level, text } = /** @type {CustomEvent<import('./types.js').Notice>} */ (event).detail;
  app.toasts.show(level, text);
});
live.start();
