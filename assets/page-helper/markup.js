// Markup that scripts put into the page as text. What it names is asked for as soon as it is there, so it is mended before.
import { watchScript } from './activity.js';
import { isHidden } from './place.js';
import { mayNameUrls, mendLinks, mendTree } from './elements.js';
import { onResult, wrap } from './wrap.js';

const inert = document.implementation.createHTMLDocument('');
const setHtml = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML')?.set;

/** @type {Record<string, 'before'|'prepend'|'append'|'after'>} */
const WAYS = { beforebegin: 'before', afterbegin: 'prepend', beforeend: 'append', afterend: 'after' };

/** What markup becomes inside of an element; `undefined` when the native way will do. @param {any} context @param {unknown} html */
function parse(context, html) {
  const text = String(html);
  // Parsed without scripting, its content would come to life.
  if (!context || context.ownerDocument !== document || !mayNameUrls(text) || /<noscript/i.test(text)) return undefined;
  const holder = inert.createElementNS(context.namespaceURI, context.localName);
  setHtml?.call(holder, html);
  mendTree(holder, true);
  const fragment = document.createDocumentFragment();
  fragment.append(...holder.childNodes);
  return fragment;
}

/** Whether it was done. @param {any} self @param {any[]} args */
function insert(self, [position, html]) {
  const way = WAYS[String(position).toLowerCase()];
  const fragment = way && parse(/^(before|after)$/.test(way) ? self.parentElement : self, html);
  if (fragment) self[way](fragment);
  return Boolean(fragment);
}

/** @param {any} self @param {any[]} args */
function fill(self, [html]) {
  if (self instanceof HTMLTemplateElement) {
    setHtml?.call(self, html);
    mendTree(self.content);
    return true;
  }
  const fragment = parse(self instanceof ShadowRoot ? self.host : self, html);
  if (fragment) self.replaceChildren(fragment);
  return Boolean(fragment);
}

/** @param {any} self @param {any[]} args */
function substitute(self, [html]) {
  const fragment = parse(self.parentElement, html);
  if (fragment) self.replaceWith(fragment);
  return Boolean(fragment);
}

/** @param {any} owner @param {string} name @param {(self: any, args: any[]) => boolean} way */
function instead(owner, name, way) {
  wrap(owner, name, {
    apply(native, self, args) {
      try {
        if (way(self, args)) return;
      } catch {
        // The native way says what is wrong, if anything is.
      }
      return Reflect.apply(native, self, args);
    },
  });
}

/** @param {any} type @param {string} name @param {(self: any, args: any[]) => boolean} way */
function insteadOfSetting({ prototype }, name, way) {
  const native = Object.getOwnPropertyDescriptor(prototype, name);
  if (!native) return;
  instead(native, 'set', way);
  Object.defineProperty(prototype, name, native);
}

const observer = new MutationObserver((records) => {
  for (const { addedNodes } of records) for (const node of addedNodes) if (node instanceof Element) greet(node);
});

/** Our import map. It counts once it has been parsed: when something follows it, it can go. @type {Element|undefined} */
let map;

/** Something new in the page. @param {Element} element */
function greet(element) {
  mendLinks(element);
  map?.remove();
  map = element.matches('script[data-aikore]') ? element : undefined;
  if (isHidden() && element.matches('script[src],link[rel~=modulepreload]')) watchScript(element);
}

/** @param {Node} root */
const observe = (root) => observer.observe(root, { childList: true, subtree: true });

export function watchMarkup() {
  insteadOfSetting(Element, 'innerHTML', fill);
  insteadOfSetting(Element, 'outerHTML', substitute);
  insteadOfSetting(ShadowRoot, 'innerHTML', fill);
  instead(Element.prototype, 'insertAdjacentHTML', insert);
  /** @param {any} tree */
  const mended = (tree) => {
    mendTree(tree);
    return tree;
  };
  onResult(Range.prototype, 'createContextualFragment', mended);
  onResult(Document, 'parseHTMLUnsafe', mended);
  onResult(DOMParser.prototype, 'parseFromString', (tree, _, [, type]) => (type === 'text/html' ? mended(tree) : tree));
  observe(document);
  onResult(Element.prototype, 'attachShadow', (root) => {
    observe(root);
    return root;
  });
  // Whatever came another way: before the browser looks where it leads.
  for (const type of ['pointerdown', 'click']) {
    window.addEventListener(type, (event) => {
      for (const node of event.composedPath()) if (node instanceof Element && node.localName === 'a') mendLinks(node);
    }, true);
  }
}
