// Small helpers to build the page. Text is always text: nothing here takes HTML.
import { icon } from './icons.js';

/** @typedef {Node|string|null|undefined|false} Child */

/**
 * Makes an element. `on` holds listeners, `data` data attributes; true and false switch attributes on and off.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'text') element.textContent = value;
    else if (name === 'value') /** @type {HTMLInputElement} */ (element).value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/** Sets a text only if it differs: selections and screen readers are left alone. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string|null} value */
export function setAttr(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** @param {HTMLElement} element @param {boolean} shown */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * @param {string} label @param {{ icon?: string, primary?: boolean, quiet?: boolean, class?: string, type?: string, title?: string, on?: object }} [options]
 */
export function button(label, options = {}) {
  const kind = options.primary ? 'button primary' : options.quiet ? 'button quiet' : 'button';
  return el(
    'button',
    { type: options.type ?? 'button', class: `${kind} ${options.class ?? ''}`.trim(), title: options.title, on: options.on },
    options.icon ? icon(options.icon) : null,
    el('span', { class: 'button-label', text: label }),
  );
}

/** A button that is only a picture. @param {string} name @param {string} label @param {(event: MouseEvent) => void} onClick @param {string} [extra] */
export function iconButton(name, label, onClick, extra = '') {
  return el(
    'button',
    { type: 'button', class: `icon-button ${extra}`.trim(), 'aria-label': label, title: label, on: { click: onClick } },
    icon(name),
  );
}

let serial = 0;

/** An id nobody else has. @param {string} stem */
export const uid = (stem) => `${stem}-${++serial}`;

/** True where a key press belongs to the field being typed in. @param {EventTarget|null} target */
export function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'));
}

export const isPhone = () => matchMedia('(max-width: 720px)').matches;
export const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** @param {string} text @returns {Promise<boolean>} */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain HTTP on a LAN address has no clipboard API: the old way still works there.
    const box = el('textarea', { class: 'unseen', value: text, readonly: true, 'aria-hidden': 'true' });
    const focused = /** @type {HTMLElement|null} */ (document.activeElement);
    (document.querySelector('dialog[open]') ?? document.body).append(box);
    box.select();
    const done = document.execCommand('copy');
    box.remove();
    focused?.focus();
    return done;
  }
}
