// Wires the parts together. No logic of its own.
import { Actions } from './actions.js';
import { BrowserNotices } from './browser-notices.js';
import { Catalogue } from './catalogue.js';
import { whenSignedOut } from './api.js';
import { announce } from './announce.js';
import { Jobs } from './jobs.js';
import { listenForKeys } from './keys.js';
import { Live } from './live.js';
import { Messages } from './messages.js';
import { Notices } from './notices.js';
import { Instances, Server } from './store.js';
import { Columns } from './table/columns.js';
import { Drafts } from './table/drafts.js';
import { Order } from './table/order.js';
import { Saver } from './table/saver.js';
import { Selection } from './table/selection.js';
import { soloOf } from './tools/solo.js';
import { openBulkDeleteDialog } from './views/bulk-delete-dialog.js';
import { openCreateDialog } from './views/create-dialog.js';
import { openDeleteDialog } from './views/delete-dialog.js';
import { openCopyDialog, openSatelliteDialog } from './views/derive-dialogs.js';
import { openEditDialog } from './views/edit-dialog.js';
import { openGroupDialog } from './views/group-dialog.js';
import { createHeader } from './views/header.js';
import { openHelpDialog, openNotesDialog } from './views/info-dialogs.js';
import { createMonitor } from './views/monitor.js';
import { openPalette } from './views/palette.js';
import { layOutPanes } from './views/panes.js';
import { openReviewDialog } from './views/review-dialog.js';
import { peekAtScreens } from './views/screen-peek.js';
import { Strips } from './views/strips.js';
import { InstanceTable } from './views/table.js';
import { createThumbs } from './views/thumbs.js';
import { Toasts } from './views/toasts.js';
import { Tools } from './views/tools.js';
import { openTrialDialog } from './views/trial-dialog.js';
import { showTips } from './views/tip.js';

/** So long, in milliseconds, what is only an adornment waits. */
const LATER = 400;
/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const messages = new Messages();
const app = /** @type {import('./app.js').App} */ ({
  instances: new Instances(),
  server: new Server(),
  jobs: new Jobs(),
  messages,
  notices: new Notices(),
  catalogue: new Catalogue(),
  toasts: new Toasts(place('toasts'), messages),
});
// Back to this very place afterwards.
whenSignedOut(() => location.assign(new URL(`login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`, document.baseURI)));

const live = new Live(app.instances, app.server, app.jobs, app.notices);
live.addEventListener('notice', (event) => {
  const { kind, level, text } = /** @type {CustomEvent<import('./types.js').Notice>} */ (event).detail;
  // Who is ready is seen in the list.
  if (kind !== 'ready') app.toasts.raise(level, text);
});

app.browserNotices = new BrowserNotices(app, live);
app.drafts = new Drafts();
app.saver = new Saver(app.drafts, app.instances);
app.selection = new Selection(app.instances);
app.columns = new Columns();
app.order = new Order(app);
app.dialogs = {
  create: (filename) => void openCreateDialog(app, filename),
  edit: (model) => void openEditDialog(app, model),
  remove: (model) => openDeleteDialog(app, model),
  removeMany: (models) => openBulkDeleteDialog(app, models),
  group: (models) => openGroupDialog(app, models),
  review: (models) => openReviewDialog(app, models),
  copy: (model) => openCopyDialog(app, model),
  satellite: (model) => void openSatelliteDialog(app, model),
  tryOut: (model, kind) => openTrialDialog(app, model, kind),
  notes: (model) => openNotesDialog(model),
  help: () => openHelpDialog(app),
  palette: () => openPalette(app),
};
app.actions = new Actions(app);
app.table = new InstanceTable(place('list'), app);
app.tools = new Tools(place('tools'), app, soloOf(location.search));
createMonitor(place('monitor'), app);
createHeader(place('top'), app, new Strips(place('strips'), app));
createThumbs(place('thumbs'), app);
layOutPanes({ list: place('list'), lower: place('lower'), tools: place('tools'), monitor: place('monitor') });
listenForKeys(app);
peekAtScreens(app);
showTips();
announce(place('live'), app);

// The titles of the blueprints: the list is of use without them.
app.instances.addEventListener('add', () => setTimeout(() => void app.catalogue.entries().catch(() => {}), LATER), { once: true });

// What the server had to say came meanwhile (first.js).
live.start();
