// After a move to the trash: one press brings it back.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';

/** @param {import('../app.js').App} app @param {string} name of the instance, which is also its name in the trash */
export function offerUndo(app, name) {
  const undo = async () => {
    try {
      const back = await panel.restore(name);
      app.instances.put(back, true);
      app.table.focusRow(back.id);
      app.toasts.show('ok', `${back.name} is back.${back.note ? ` ${back.note}` : ''}`);
    } catch (error) {
      app.toasts.show('error', `${name} could not be put back: ${sentence(error)}`);
    }
  };
  app.toasts.show('ok', `${name} is in the trash.`, { label: 'Undo', run: () => void undo() });
}
