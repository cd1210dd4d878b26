// Lists that are read anew again and again: what says the same stays as it is, with its focus and whatever is open in it.

/**
 * @template T
 * @param {HTMLElement} parent @param {readonly T[]} list in the order they are to stand in
 * @param {(item: T) => HTMLElement} make
 */
export function keepUp(parent, list, make) {
  const known = new Map([...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  const wanted = list.map((item) => {
    const key = JSON.stringify(item);
    const there = known.get(key);
    known.delete(key);
    if (there) return there;
    const made = make(item);
    made.dataset.key = key;
    return made;
  });
  for (const child of known.values()) child.remove();
  wanted.forEach((child, at) => parent.children[at] !== child && parent.insertBefore(child, parent.children[at] ?? null));
}
