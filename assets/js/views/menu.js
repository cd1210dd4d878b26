// The "…" menu of a row: made when opened, kept true while open, never rebuilt.
import { el, isPhone, setAttr, setText } from '../dom.js';
import { icon } from '../icons.js';
import { keyName } from '../actions.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/** @type {{ anchor: HTMLElement, close: (refocus?: boolean) => void }|null} */
let current = null;

/** @param {import('../app.js').App} app @param {InstanceModel} model @param {HTMLElement} anchor */
export function toggleRowMenu(app, model, anchor) {
  const again = current?.anchor === anchor;
  current?.close();
  if (!again) openRowMenu(app, model, anchor);
}

/** @param {import('../app.js').App} app @param {InstanceModel} model @param {HTMLElement} anchor */
function openRowMenu(app, model, anchor) {
  const life = new AbortController();
  const { signal } = life;
  const { actions } = app;

  const items = actions.instance.map((action) => {
    const why = el('span', { class: 'menu-why' });
    const item = el(
      'button',
      { type: 'button', role: 'menuitem', class: 'menu-item', tabindex: '-1', data: { danger: action.danger ? 'yes' : null, apart: action.apart ? 'yes' : null } },
      icon(action.icon),
      el('span', { class: 'menu-label', text: action.label }),
      why,
      action.shortcut ? el('kbd', { text: keyName(action.shortcut), 'aria-hidden': 'true' }) : null,
    );
    item.addEventListener('click', () => {
      if (item.getAttribute('aria-disabled') === 'true') return;
      close(true);
      void actions.run(action, model);
    });
    return { action, item, why };
  });
  const title = el('p', { class: 'menu-title', text: model.data.name });
  const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': `Actions for ${model.data.name}`, popover: 'manual' }, title, ...items.map(({ item }) => item));

  const render = () => {
    setText(title, model.data.name);
    for (const { action, item, why } of items) {
      const may = actions.enabled(action, model);
      setAttr(item, 'aria-disabled', may === true ? null : 'true');
      setText(why, may === true ? '' : may);
    }
  };

  /** @param {boolean} [refocus] */
  function close(refocus = false) {
    if (current?.anchor !== anchor) return;
    current = null;
    life.abort();
    const had = menu.contains(document.activeElement);
    menu.remove();
    setAttr(anchor, 'aria-expanded', 'false');
    if (refocus || had) anchor.focus();
  }

  /** Goes along with its row, and closes when that is scrolled away. @param {Element} scroller */
  function ride(scroller) {
    const at = anchor.getBoundingClientRect();
    const view = scroller.getBoundingClientRect();
    if (at.bottom < view.top || at.top > view.bottom) close();
    else place(menu, anchor);
  }

  render();
  (anchor.closest('main') ?? document.body).append(menu);
  menu.showPopover();
  const sheet = isPhone();
  if (!sheet) place(menu, anchor);
  setAttr(anchor, 'aria-expanded', 'true');
  current = { anchor, close };
  items.find(({ item }) => item.getAttribute('aria-disabled') !== 'true')?.item.focus();

  model.addEventListener('change', render, { signal });
  model.addEventListener('gone', () => close(), { signal });
  actions.addEventListener('pending', render, { signal });
  if (!sheet) {
    addEventListener('resize', () => close(), { signal });
    addEventListener('scroll', (event) => event.target instanceof Element && event.target.contains(anchor) && ride(event.target), { signal, capture: true });
  }
  document.addEventListener(
    'pointerdown',
    (event) => {
      const target = /** @type {Node} */ (event.target);
      if (!menu.contains(target) && !anchor.contains(target)) close();
    },
    { signal, capture: true },
  );
  menu.addEventListener('focusout', (event) => {
    const to = /** @type {Node|null} */ (event.relatedTarget);
    if (to && !menu.contains(to) && !anchor.contains(to)) close();
  });
  menu.addEventListener('keydown', (event) => keys(event, menu, () => close(true)));
}

/** @param {HTMLElement} menu @param {HTMLElement} anchor */
function place(menu, anchor) {
  const from = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = from.bottom + 4 + height <= innerHeight - 8;
  menu.style.left = `${Math.max(8, Math.min(from.right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? from.bottom + 4 : Math.max(8, from.top - 4 - height)}px`;
}

/** @param {KeyboardEvent} event @param {HTMLElement} menu @param {() => void} close */
function keys(event, menu, close) {
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('[role=menuitem]')]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items[to].focus();
  else if (event.key === 'Escape' || event.key === 'Tab') close();
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== ' ') {
    const letter = event.key.toLowerCase();
    const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    order.find((item) => item.querySelector('.menu-label')?.textContent?.toLowerCase().startsWith(letter))?.focus();
  } else return;
  event.stopPropagation();
  event.preventDefault();
}

export const menuIsOpen = () => current !== null;
