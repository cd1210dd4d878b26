// Which lines stand where: groups, families and satellites, sorted and filtered. Pure.
import { columnOf } from './columns.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {{ root: InstanceModel, members: InstanceModel[] }} Family `members`: the root first */
/** @typedef {{ label: string|null, families: Family[] }} Section */

/** What a person may want to see, by status. @type {Record<string, { label: string, statuses: string[] }>} */
export const FILTERS = {
  all: { label: 'All', statuses: [] },
  running: { label: 'Running', statuses: ['started', 'starting', 'installing', 'stalled', 'stopping'] },
  stopped: { label: 'Stopped', statuses: ['stopped'] },
  trouble: { label: 'In trouble', statuses: ['error', 'stalled'] },
};

/** All words anywhere, in any order; a number only where a number begins ("3" is not port 19003). @param {string} search @returns {(text: string) => boolean} */
export function matcher(search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const numbers = words.filter((word) => /^\d+$/.test(word)).map((word) => new RegExp(`(^|\\D)${word}`));
  const plain = words.filter((word) => !/^\d+$/.test(word));
  return (text) => plain.every((word) => text.includes(word)) && numbers.every((number) => number.test(text));
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** @param {{ by: string, down: boolean }|null} sort @returns {(a: InstanceModel, b: InstanceModel) => number} */
function comparison(sort) {
  const key = sort && columnOf(sort.by)?.key;
  if (!sort || !key) return () => 0;
  return (a, b) => {
    const [one, other] = [key(a), key(b)];
    // What has nothing there stands last either way.
    if ((one === '') !== (other === '')) return one === '' ? 1 : -1;
    const ascending = typeof one === 'number' && typeof other === 'number' ? one - other : collator.compare(String(one), String(other));
    return sort.down ? -ascending : ascending;
  };
}

/**
 * The list as it is laid out. Families stay together, whatever they are sorted by; groups stand where their first family
 * stands in the order.
 * @param {InstanceModel[]} sorted parents by order, each followed by its satellites
 * @param {{ by: string, down: boolean }|null} sort @returns {Section[]}
 */
export function arrange(sorted, sort) {
  const ids = new Set(sorted.map(({ id }) => id));
  /** @type {Map<string|null, Section>} */
  const sections = new Map();
  /** @type {Map<number, Family>} */
  const families = new Map();
  for (const model of sorted) {
    const parent = model.data.parent_instance_id;
    const family = parent !== null && ids.has(parent) ? families.get(parent) : undefined;
    if (family) {
      family.members.push(model);
      continue;
    }
    const label = model.data.group || null;
    const section = sections.get(label) ?? { label, families: [] };
    const fresh = { root: model, members: [model] };
    section.families.push(fresh);
    sections.set(label, section);
    families.set(model.id, fresh);
  }
  const compare = comparison(sort);
  const all = [...sections.values()];
  for (const section of all) {
    section.families.sort((a, b) => compare(a.root, b.root));
    for (const family of section.families) family.members = [family.root, ...family.members.slice(1).sort(compare)];
  }
  return all;
}
