// Families dragged by their handle: a parent and its satellites are one block, and go into the group they are dropped in.
import { isStill } from '../dom.js';
import { drawn } from '../drawn.js';
import { part } from '../load.js';

/** @param {HTMLTableElement} table @param {import('../app.js').App} app @param {(held: boolean) => void} hold nothing is laid out anew meanwhile */
export function dragFamilies(table, app, hold) {
  /** @type {import('sortablejs')|null} */
  let sortable = null;
  let asked = false;

  const begin = async () => {
    if (asked) return;
    asked = true;
    try {
      const { default: Sortable } = await part(() => import('../../vendor/sortable.js'));
      sortable = Sortable.create(table, {
        draggable: 'tbody.family, tbody.group',
        handle: '.grip',
        animation: isStill() ? 0 : 150,
        ghostClass: 'drag-ghost',
        chosenClass: 'drag-chosen',
        onStart: () => hold(true),
        onEnd: async ({ item, oldIndex, newIndex }) => {
          try {
            if (oldIndex !== newIndex) await keep(item);
          } finally {
            hold(false);
          }
        },
      });
      render();
    } catch {
      // Said already. The hand that needs it asks once more; keys move rows without it.
      asked = false;
    }
  };
  void drawn.then(begin);
  table.addEventListener('pointerover', () => void begin());

  /** Reads the order off the table. @param {HTMLElement} moved */
  async function keep(moved) {
    /** @type {number[]} */
    const ids = [];
    /** @type {Record<number, string|null>} */
    const groups = {};
    /** @type {string|null} */
    let label = null;
    for (const body of /** @type {Iterable<HTMLElement>} */ (table.tBodies)) {
      if (body.classList.contains('group')) {
        label = body.dataset.group || null;
        continue;
      }
      const root = Number(body.dataset.root);
      const model = app.instances.get(root);
      if (!model) continue;
      ids.push(root, ...app.instances.satellites(root).sort((a, b) => a.data.order - b.data.order || a.id - b.id).map(({ id }) => id));
      if (body === moved && (model.data.group || null) !== label) groups[root] = label;
    }
    await app.order.set(ids, groups);
  }

  const render = () => {
    sortable?.option('disabled', Boolean(app.columns.sort));
    table.classList.toggle('sorted', Boolean(app.columns.sort));
  };
  app.columns.addEventListener('change', render);
  render();
}
