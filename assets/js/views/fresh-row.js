// What follows the making of an instance: its row in sight and lit up for a moment, its start, and its log.
import { isPhone } from '../dom.js';

const LIT = 2200;

/** Shows where it is. @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
export function lightUp(app, model) {
  app.table.focusRow(model.id);
  const row = document.querySelector(`tr[data-id="${model.id}"]`);
  row?.classList.add('fresh');
  setTimeout(() => row?.classList.remove('fresh'), LIT);
}

/** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model @param {boolean} start */
export function welcomeRow(app, model, start) {
  const { instance } = app.actions;
  const action = (/** @type {string} */ wanted) => instance.find(({ id }) => id === wanted);
  // The row is laid out in a moment.
  setTimeout(() => {
    // On a phone the log would cover the list.
    const log = action('logs');
    if (start && log && !isPhone()) void app.actions.run(log, model);
    lightUp(app, model);
  });
  const run = action('start');
  if (start && run) void app.actions.run(run, model);
  else if (model.data.status === 'stopped') app.toasts.show('ok', `${model.data.name} is ready to be started.`);
}
