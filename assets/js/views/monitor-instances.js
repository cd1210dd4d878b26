// What each running instance takes, folded away until somebody wants to know.
import { el, show } from '../dom.js';
import { bytes } from '../format.js';
import { recall, remember } from '../prefs.js';
import { keepUp } from './keyed.js';

/** @typedef {import('../types.js').InstanceUse} InstanceUse */

const KEY = 'monitor.instances';

/** @param {number|null|undefined} rate bytes a second */
const perSecond = (rate) => (typeof rate === 'number' ? `${bytes(rate)}/s` : '–');

/** @param {HTMLElement} root @param {import('../app.js').App} app */
export function createUses(root, { instances }) {
  const body = el('tbody', {});
  const notes = el('ul', { class: 'use-notes' });
  /** @param {string} text @param {string} name @param {string} [title] */
  const head = (text, name, title) => el('th', { scope: 'col', class: name, text, title });
  const table = el(
    'table',
    { class: 'use-table', 'aria-label': 'What instances take' },
    el('thead', {}, el('tr', {}, head('Instance', 'u-name'), head('CPU', 'u-figure', '100 % is one core'), head('Memory', 'u-figure'), head('VRAM', 'u-figure'), head('Read', 'u-figure', 'From disks; what was cached does not count'), head('Written', 'u-figure', 'To disks'))),
    body,
  );
  const element = el('details', { class: 'monitor-more monitor-uses', hidden: true }, el('summary', { text: 'What instances take' }), table, notes);
  element.open = recall(KEY, '') === 'open';
  element.addEventListener('toggle', () => remember(KEY, element.open ? 'open' : ''));
  root.append(element);

  return {
    /** @param {readonly InstanceUse[]} uses */
    render(uses) {
      const known = uses.flatMap((use) => {
        const model = instances.get(use.id);
        return model ? [{ use, name: model.data.name, order: model.data.order }] : [];
      });
      known.sort((a, b) => a.order - b.order || a.use.id - b.use.id);
      show(element, known.length > 0);
      if (!element.open) return;
      keepUp(
        body,
        known.map(({ use, name }) => ({
          name,
          figures: [`${Math.round(use.cpu_percent)} %`, bytes(use.memory), typeof use.vram === 'number' ? bytes(use.vram) : '–', perSecond(use.disk_read), perSecond(use.disk_written)],
          why: typeof use.vram === 'number' ? null : (use.vram_note ?? null),
        })),
        ({ name, figures, why }) => el('tr', {}, el('th', { scope: 'row', class: 'u-name ellipsis', title: name, text: name }), ...figures.map((text, at) => el('td', { class: 'u-figure', text, title: at === 2 ? why : null }))),
      );
      // A tip is nothing for a keyboard or a finger: each reason stands below as well, once.
      const reasons = [...new Set(known.flatMap(({ use }) => (typeof use.vram !== 'number' && use.vram_note ? [use.vram_note] : [])))];
      keepUp(notes, reasons, (reason) => el('li', { class: 'hint', text: `VRAM: ${reason}` }));
    },
    /** Calls back when it is opened: it is drawn only while it is open. @param {() => void} draw */
    whenOpened(draw) {
      element.addEventListener('toggle', () => element.open && draw());
    },
  };
}
