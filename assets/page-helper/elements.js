// URLs that scripts put into the page: the DOM has them with the prefix, so that the browser finds its way by itself. Where they
// name pages (links and forms) scripts get back what they wrote, since routers read it. Elsewhere they serve to build further
// URLs, and those need the prefix: there it stays.
import { realPage, realResource, realSet, strip } from './place.js';
import { onCall, onProperty, onResult } from './wrap.js';

/** @typedef {(value: string) => string} Change */

/** What attributes hold, and on which elements. @type {[change: Change, attribute: string, tags: string][]} */
const TABLE = [
  [realPage, 'href', 'a area'],
  [realPage, 'xlink:href', 'a'],
  [realPage, 'action', 'form'],
  [realPage, 'formaction', 'button input'],
  [realResource, 'href', 'link base image use script feImage'],
  [realResource, 'xlink:href', 'image use script feImage'],
  [realResource, 'src', 'img script iframe frame embed source track audio video input'],
  [realResource, 'poster', 'video'],
  [realResource, 'data', 'object'],
  [realSet, 'srcset', 'img source'],
  [realSet, 'imagesrcset', 'link'],
];
/** @type {Record<string, string>} */
const PROPERTIES = { formaction: 'formAction', imagesrcset: 'imageSrcset' };

/** By attribute and tag: asked with every attribute that is read or written. @type {Map<string, Map<string, Change>>} */
const changes = new Map();
for (const [change, name, tags] of TABLE) {
  const byTag = changes.get(name) ?? new Map();
  for (const tag of tags.split(' ')) byTag.set(tag, change);
  changes.set(name, byTag);
}
const names = [...changes.keys()];
const LINKS = 'a[href],area[href],form[action],[formaction]';
const ANY = names.map((name) => `[${name.replace('xlink:', '*|')}]`).join();

const { getAttribute, setAttribute } = Element.prototype;

/** @param {Element} element @param {unknown} name */
const changeOf = (element, name) => changes.get(String(name).toLowerCase())?.get(element.localName);

/** A trusted type stays what it is. @param {Change} change @param {unknown} value */
const changed = (change, value) => (typeof value === 'string' || value instanceof URL ? change(String(value)) : value);

/** @param {string} method @param {number} at where it takes the name; the value comes next */
function wrapSetter(method, at) {
  onCall(Element.prototype, method, (args, self) => {
    const change = changeOf(self, args[at]);
    return change ? args.map((value, index) => (index === at + 1 ? changed(change, value) : value)) : args;
  });
}

/** Whether markup may name a URL of ours: only then it is worth a way round. */
export const mayNameUrls = RegExp.prototype.test.bind(new RegExp(`\\s(${names.join('|')})\\s*=\\s*["']?\\s*[^"'\\s#>]`, 'i'));

/** @param {Element} element @param {boolean} [settled] whether relative URLs already refer to the page as it is now */
function mend(element, settled) {
  for (const name of names) {
    const value = /** @type {string|null} */ (getAttribute.call(element, name));
    const change = value && changeOf(element, name);
    if (!change) continue;
    const mended = (settled || change !== realResource ? change : realPage)(value);
    if (mended !== value) setAttribute.call(element, name, mended);
  }
}

/** All of a tree that is not yet in the page. @param {ParentNode} root @param {boolean} [settled] */
export function mendTree(root, settled) {
  for (const element of root.querySelectorAll(ANY)) mend(element, settled);
  for (const template of root.querySelectorAll('template')) mendTree(template.content);
}

/** Links and forms that are in the page: what else is there has been asked for already. @param {Element} root */
export function mendLinks(root) {
  if (root.matches(LINKS)) mend(root);
  for (const element of root.querySelectorAll(LINKS)) mend(element);
}

/** The properties that go by the same names. Elements may share one. */
function wrapProperties() {
  const done = new Set();
  for (const [change, name, tags] of TABLE) {
    const property = PROPERTIES[name] ?? name;
    for (const tag of tags.split(' ')) {
      let type = Object.getPrototypeOf(document.createElement(tag));
      while (type && !Object.hasOwn(type, property)) type = Object.getPrototypeOf(type);
      if (!type || done.has(`${type[Symbol.toStringTag]} ${property}`)) continue;
      done.add(`${type[Symbol.toStringTag]} ${property}`);
      onProperty(type, property, { set: (value) => changed(change, value), get: change === realPage ? strip : undefined });
    }
  }
  for (const { prototype } of [HTMLAnchorElement, HTMLAreaElement]) {
    onProperty(prototype, 'pathname', { set: (value) => realPage(String(value).replace(/^\/?/, '/')), get: strip });
    onResult(prototype, 'toString', strip);
  }
}

export function mendElements() {
  wrapSetter('setAttribute', 0);
  wrapSetter('setAttributeNS', 1);
  onResult(Element.prototype, 'getAttribute', (value, self, [name]) => (value && changeOf(self, name) === realPage ? strip(value) : value));
  wrapProperties();
}
