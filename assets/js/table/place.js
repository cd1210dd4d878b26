// Puts elements in order without touching the one somebody is in: moving an element takes the focus out of it.

/** @param {HTMLElement} container @param {Element[]} wanted its children from `first` on, in this order @param {Element|null} before what stands before them all */
export function place(container, wanted, before = null) {
  const keep = new Set(wanted);
  for (const child of [...container.children]) if (child !== before && !keep.has(child) && follows(child, before)) child.remove();
  const inHand = wanted.find((element) => element.parentNode === container && element.contains(document.activeElement));
  const at = inHand ? wanted.indexOf(inHand) : -1;
  /** @type {Element|null} */
  let next = inHand ?? null;
  for (const element of wanted.slice(0, Math.max(0, at)).reverse()) {
    if (element.nextElementSibling !== next || element.parentNode !== container) container.insertBefore(element, next);
    next = element;
  }
  let former = inHand ?? before;
  for (const element of wanted.slice(at + 1)) {
    const right = former ? former.nextElementSibling : container.firstElementChild;
    if (right !== element) container.insertBefore(element, right);
    former = element;
  }
}

/** @param {Element} child @param {Element|null} before */
const follows = (child, before) => !before || Boolean(before.compareDocumentPosition(child) & Node.DOCUMENT_POSITION_FOLLOWING);
