// Menus: made when opened, kept true while open, never rebuilt. The "…" of a row is one of them.
import { el, isPhone, setAttr, setText } from '../dom.js';
import { icon } from '../icons.js';
import { keyName } from '../shortcut.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} icon
 * @property {string} [shortcut]
 * @property {boolean} [danger]
 * @property {boolean} [apart] begins a new group
 * @property {() => true|string} [enabled] true, or the sentence why not
 * @property {() => void} run
 */

/**
 * @typedef {object} MenuOptions
 * @property {HTMLElement} anchor
 * @property {string} label
 * @property {() => string} [title] shown above the items on a phone
 * @property {MenuItem[]} items
 * @property {(render: () => void, close: () => void, signal: AbortSignal) => void} [watch] calls them when something has changed
 */

/** @type {{ anchor: HTMLElement, close: (refocus?: boolean) => void }|null} */
let current = null;

/** Opens it, or closes it if it is open at this anchor. @param {MenuOptions} options */
export function openMenu(options) {
  const again = current?.anchor === options.anchor;
  current?.close();
  if (!again) open(options);
}

/** @param {import('../app.js').App} app @param {InstanceModel} model @param {HTMLElement} anchor */
export function toggleRowMenu(app, model, anchor) {
  const { actions } = app;
  openMenu({
    anchor,
    label: `Actions for ${model.data.name}`,
    title: () => model.data.name,
    items: actions.instance.filter(({ offered }) => offered?.(model.data) ?? true).map((action) => ({ ...action, enabled: () => actions.enabled(action, model), run: () => void actions.run(action, model) })),
    watch(render, close, signal) {
      model.addEventListener('change', render, { signal });
      model.addEventListener('gone', close, { signal });
      actions.addEventListener('pending', render, { signal });
    },
  });
}

/** @param {MenuItem} item @param {(item: MenuItem) => void} choose */
function line(item, choose) {
  const why = el('span', { class: 'menu-why' });
  const element = el(
    'button',
    { type: 'button', role: 'menuitem', class: 'menu-item', tabindex: '-1', data: { danger: item.danger ? 'yes' : null, apart: item.apart ? 'yes' : null } },
    icon(item.icon),
    el('span', { class: 'menu-label', text: item.label }),
    why,
    item.shortcut ? el('kbd', { text: keyName(item.shortcut), 'aria-hidden': 'true' }) : null,
  );
  element.addEventListener('click', () => element.getAttribute('aria-disabled') !== 'true' && choose(item));
  return {
    element,
    render() {
      const may = item.enabled?.() ?? true;
      setAttr(element, 'aria-disabled', may === true ? null : 'true');
      setText(why, may === true ? '' : may);
    },
  };
}

/** @param {MenuOptions} options */
function open({ anchor, label, title, items, watch }) {
  const life = new AbortController();
  const { signal } = life;
  /** @param {MenuItem} item */
  const choose = (item) => {
    close(true);
    item.run();
  };
  const lines = items.map((item) => line(item, choose));
  const heading = el('p', { class: 'menu-title' });
  const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': label, popover: 'manual' }, heading, ...lines.map(({ element }) => element));

  const render = () => {
    setText(heading, title?.() ?? label);
    for (const one of lines) one.render();
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
  (anchor.closest('main, header.top') ?? document.body).append(menu);
  menu.showPopover();
  const sheet = isPhone();
  if (!sheet) place(menu, anchor);
  setAttr(anchor, 'aria-expanded', 'true');
  current = { anchor, close };
  lines.find(({ element }) => element.getAttribute('aria-disabled') !== 'true')?.element.focus();

  watch?.(render, () => close(), signal);
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
