// The whole of a text that is cut off, on hover and when its row has the focus by keyboard.
import { el } from '../dom.js';

const CUT = '.name-text, .status-why, .row .ellipsis, .lock-name, .wanted, .address-end, .tab-label, .option-text, .option-name, .tool-bar .ellipsis';
const WAIT = 350;

/** @param {Element} element */
const isCut = (element) => element.scrollWidth > element.clientWidth + 1;

export function showTips() {
  const tip = el('div', { class: 'tip', popover: 'manual', 'aria-hidden': 'true' });
  /** @type {number|undefined} */
  let timer;

  const hide = () => {
    clearTimeout(timer);
    if (tip.isConnected) tip.remove();
  };

  /** @param {Element} element */
  const open = (element) => {
    // The picture of a screen says the same below itself (screen-peek.js).
    if (!element.isConnected || !isCut(element) || document.querySelector('.peek')) return;
    tip.textContent = element.textContent;
    (element.closest('dialog') ?? document.body).append(tip);
    tip.showPopover();
    const from = element.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const below = from.bottom + 6 + height < innerHeight;
    tip.style.left = `${Math.max(8, Math.min(from.left - 10, innerWidth - width - 8))}px`;
    tip.style.top = `${below ? from.bottom + 6 : from.top - 6 - height}px`;
  };

  document.addEventListener('pointerover', (event) => {
    hide();
    if (event.pointerType !== 'mouse' || !(event.target instanceof Element)) return;
    const element = event.target.closest(CUT);
    if (element) timer = setTimeout(open, WAIT, element);
  });
  document.addEventListener('focusin', (event) => {
    hide();
    const target = event.target instanceof Element && event.target.matches(':focus-visible') ? event.target : null;
    const cut = target && (target.matches(CUT) ? [target] : target.matches('tr') ? [...target.querySelectorAll('.status-why, .name-text')] : []).find(isCut);
    if (cut) timer = setTimeout(open, WAIT, cut);
  });
  for (const name of ['pointerdown', 'keydown', 'focusout', 'wheel']) document.addEventListener(name, hide, { passive: true, capture: true });
}
