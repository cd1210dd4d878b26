// URLs that scripts put into the page: the DOM has them with the prefix, so that the browser finds its way by itself. Where they
// name pages (links and forms) scripts get back what they wrote, since routers read it. Elsewhere they serve to build further
// URLs, and those need the prefix: there it stays.
import { realPage, realResource, realSet, strip } from './place.js';
import { onCall, onProperty, onResult } from './wrap.js';

/** @type {Record<string, RegExp>} */
const PAGES = { href: /^(a|area)$/, 'xlink:href': /^a$/, action: /^form$/, formaction: /^(button|input)$/ };
/** @type {Record<string, RegExp>} */
const RESOURCES = {
  href: /^(link|base|image|use|script|feImage)$/,
  'xlink:href': /^(image|use|script|feImage)$/,
  src: /^(img|script|iframe|frame|embed|source|track|audio|video|input)$/,
  poster: /^video$/,
  data: /^object$/,
  background: /^body$/,
};
/** @type {Record<string, RegExp>} */
const SETS = { srcset: /^(img|source)$/, imagesrcset: /^link$/ };
const NAMES = Object.keys({ ...PAGES, ...RESOURCES, ...SETS });
const ANY = [...NAMES.filter((name) => !name.includes(':')), '*|href'].map((name) => `[${name}]`).join();
const LINKS = 'a[href],area[href],form[action],[formaction]';

/** Whether markup may name a URL of ours: only then it is worth a way round. */
export const mayNameUrls = RegExp.prototype.test.bind(new RegExp(`\\s(${NAMES.join('|')})\\s*=\\s*["']?\\s*[^"'\\s#>]`, 'i'));

const { getAttribute, setAttribute } = Element.prototype;

/** @param {Element} element @param {string} name @returns {((value: string) => string)|undefined} */
function changeOf(element, name) {
  const tag = element.localName;
  if (PAGES[name]?.test(tag)) return realPage;
  if (RESOURCES[name]?.test(tag)) return realResource;
  return SETS[name]?.test(tag) ? realSet : undefined;
}

/** URLs only: a trusted type would lose what it is. @param {unknown} value */
const isText = (value) => typeof value === 'string' || value instanceof URL;

/** @param {Element} element @param {boolean} [settled] whether relative URLs already refer to the page as it is now */
function mend(element, settled) {
  for (const name of NAMES) {
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

function wrapAttributes() {
  onCall(Element.prototype, 'setAttribute', (args, self) => {
    const change = isText(args[1]) && changeOf(self, String(args[0]).toLowerCase());
    return change ? [args[0], change(String(args[1]))] : args;
  });
  onCall(Element.prototype, 'setAttributeNS', (args, self) => {
    const change = isText(args[2]) && changeOf(self, String(args[1]));
    return change ? [args[0], args[1], change(String(args[2]))] : args;
  });
  onResult(Element.prototype, 'getAttribute', (value, self, [name]) =>
    value && PAGES[String(name).toLowerCase()]?.test(self.localName) ? strip(value) : value,
  );
}

function wrapProperties() {
  /** @param {(value: string) => string} change @param {(value: string) => string} [get] */
  const by = (change, get) => ({ set: (/** @type {any} */ value) => (isText(value) ? change(String(value)) : value), get });
  const page = by(realPage, strip);
  const resource = by(realResource);
  const set = by(realSet);
  for (const type of [HTMLAnchorElement, HTMLAreaElement]) {
    onProperty(type, 'href', page);
    onProperty(type, 'pathname', by((value) => realPage(value.replace(/^\/?/, '/')), strip));
    onResult(type.prototype, 'toString', strip);
  }
  onProperty(HTMLFormElement, 'action', page);
  for (const type of [HTMLButtonElement, HTMLInputElement]) onProperty(type, 'formAction', page);
  for (const type of [HTMLLinkElement, HTMLBaseElement]) onProperty(type, 'href', resource);
  for (const type of [
    HTMLImageElement, HTMLScriptElement, HTMLIFrameElement, HTMLFrameElement, HTMLEmbedElement, HTMLSourceElement,
    HTMLTrackElement, HTMLMediaElement, HTMLInputElement,
  ]) {
    onProperty(type, 'src', resource);
  }
  onProperty(HTMLVideoElement, 'poster', resource);
  onProperty(HTMLObjectElement, 'data', resource);
  for (const type of [HTMLImageElement, HTMLSourceElement]) onProperty(type, 'srcset', set);
  onProperty(HTMLLinkElement, 'imageSrcset', set);
}

export function mendElements() {
  wrapAttributes();
  wrapProperties();
}
