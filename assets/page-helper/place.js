// Where this page lives, and what its URLs are with the prefix and without it. "Real" is what the proxy knows, "virtual" what
// the app believes.

const script = document.currentScript;

/** Without a slash at its end; empty when this script came from anywhere else than below a prefix. */
export const prefix =
  script instanceof HTMLScriptElement && script.src ? (/^(.+)\/\.aikore\/page-helper\.js$/.exec(new URL(script.src).pathname)?.[1] ?? '') : '';

/** Whether the app must not see the prefix in `location`; one that was told its prefix expects it there. */
export const hides = script?.dataset.address !== 'keep';

const { origin, host, protocol } = location;
// The dashboard's own files, which every way in has at the same place.
const reserved = [`${prefix.replace(/\/[^/]+\/[^/]+$/, '')}/.aikore/`, '/.aikore/'];

/** The page is parsed as it was without us: some apps compare their markup with what they expect. */
export const leaveMarkup = () => script?.remove();

/** @param {string} path */
export const isBelow = (path) => path === prefix || path.startsWith(`${prefix}/`);

/** Whether `location` shows the app's idea of it. */
export const isHidden = () => !isBelow(location.pathname);

/** Whether a URL belongs to the app and lacks the prefix. @param {URL} url */
const escapes = (url) =>
  url.host === host &&
  url.protocol.replace(/^ws/, 'http') === protocol &&
  !isBelow(url.pathname) &&
  !reserved.some((path) => url.pathname.startsWith(path));

/** A URL as text without the prefix, be it absolute or only a path. @param {string} text */
export function strip(text) {
  const start = text.startsWith(`${origin}/`) ? origin.length : 0;
  const rest = text.slice(start + prefix.length);
  if (!text.startsWith(prefix, start) || !/^([/?#]|$)/.test(rest)) return text;
  // Alone, `//x` would be another host.
  if (!start && /^\/[/\\]/.test(rest)) return text;
  return text.slice(0, start) + (rest.startsWith('/') ? rest : `/${rest}`);
}

/** What relative URLs refer to for the app. `..` must not climb out of the prefix, so it is resolved without one. */
export const base = () => (hides ? strip(document.baseURI) : document.baseURI);

/** The real URL, absolute; `undefined` when it needs no change. @param {unknown} value */
export function real(value) {
  const url = new URL(String(value), base());
  if (!escapes(url)) return undefined;
  url.pathname = prefix + url.pathname;
  return url.href;
}

/**
 * The same for an attribute that names a page: in the form it was written in, so that it can be given back. Relative ones wait
 * for what they will refer to when they are followed.
 * @param {string} value
 */
export function realPage(value) {
  const text = value.trim();
  if (/^https?:/i.test(text)) return real(text) ?? value;
  if (!/^\/(?![/\\])/.test(text)) return value;
  const url = new URL(text, origin);
  if (!escapes(url)) return value;
  return prefix + (text.includes('/.') ? url.href.slice(origin.length) : text);
}

/** The same for an attribute that is fetched at once: relative ones refer to `location` as it is now. @param {string} value */
export function realResource(value) {
  const text = value.trim();
  if (!text || /^(#|[a-z]+:(?!\/\/))/i.test(text)) return value;
  const page = realPage(value);
  return page === value && escapes(new URL(text, document.baseURI)) ? (real(text) ?? value) : page;
}

/** The same for `srcset`: URLs with a descriptor each. @param {string} value */
export const realSet = (value) =>
  value.replace(/([\s,]*)(\S*[^\s,])([^,]*)/g, (_, gap, url, descriptor) => gap + realResource(url) + descriptor);
