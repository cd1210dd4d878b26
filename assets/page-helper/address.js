// The address: at rest the real one, for reload, new tab, bookmark and copy; the app's own one while the app looks at it.
import { isBusy, lastEnd, onEnd, slowestScript, watchImports } from './activity.js';
import { note } from './note.js';
import { base, isHidden, prefix, real, strip } from './place.js';
import { onCall, wrap } from './wrap.js';

// How long after the user did something the app is expected to look at it, and how long after an answer came.
const AFTER_EVENT = 1000;
const AFTER_ANSWER = 250;
const AFTER_LOAD = 500;
const LONGEST = 10_000;

const { setTimeout, clearTimeout, performance, addEventListener, removeEventListener } = window;
const { replaceState } = History.prototype;

let until = 0;
let latest = 0;
let timer = 0;
let booting = true;

/** Who is changing the address just now. */
export const changing = {
  /** We are: the app's listeners must not see it. */
  ours: false,
  /** The app is, by the history API. */
  app: false,
  /** The app has taken over a navigation: another change would abort it. */
  taken: false,
};

/** @param {string} href */
function put(href) {
  if (changing.taken || href === location.href) return;
  changing.ours = true;
  try {
    replaceState.call(history, history.state, '', href);
  } catch {
    // Browsers limit how often; the address stays as it is until the next time.
  } finally {
    changing.ours = false;
  }
}

/** Notes that an address has lost its prefix, or has it again. @param {string} [value] @param {string} [address] */
function remember(value, address = location.pathname + location.search) {
  // Frames share the tab's storage, and a reload is the tab's.
  if (window === window.top) note(address, value);
}

/** Takes the prefix off, for `time` at least. */
export function hide(time = AFTER_EVENT) {
  const now = performance.now();
  until = Math.max(until, now + time);
  latest = now + LONGEST;
  if (!isHidden()) {
    put(strip(location.href));
    if (isHidden()) remember(prefix);
  }
  plan();
}

/** Puts the prefix back on. */
export function show() {
  if (!isHidden()) return;
  const { pathname, search } = location;
  put(real(location.href) ?? location.href);
  if (!isHidden()) remember(undefined, pathname + search);
}

/** A reload still asks for the address as it was before: the browser does not look again. */
function leavePage() {
  if (!isHidden()) return;
  const { pathname, search } = location;
  show();
  remember(prefix, pathname + search);
}

function plan() {
  clearTimeout(timer);
  if (isHidden() && !booting) timer = setTimeout(rest, Math.max(until - performance.now(), 10));
}

function rest() {
  const now = performance.now();
  if (now < latest) {
    // Its end will be told.
    if (isBusy()) return;
    until = Math.max(until, lastEnd() + AFTER_ANSWER);
    if (now < until) return plan();
  }
  show();
}

/** Somebody may go for the address bar: it rests as soon as the app has nothing under way. */
function leave() {
  until = 0;
  if (!booting) rest();
}

/** @param {Event} event */
const isPlain = (event) =>
  !(event instanceof MouseEvent) || !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

/** @param {KeyboardEvent} event */
function onKey(event) {
  const { key } = event;
  const command = event.ctrlKey || event.metaKey;
  const travels = /^Browser/.test(key) || (event.altKey && /^Arrow(Left|Right)$/.test(key));
  if (travels || key === 'F5' || (command && /^r$/i.test(key))) show();
  else if (key === 'F6' || ((command || event.altKey) && /^[dlnt]$/i.test(key))) leave();
  else if (!/^(Control|Shift|Alt|AltGraph|Meta|CapsLock)$/.test(key)) hide();
}

/** The browser follows a link or sends a form: relative URLs refer to the address as it is then. @param {Event} event */
function onFollow(event) {
  if (event.defaultPrevented) return;
  const follows = event.composedPath().some((node) => node instanceof Element && node.matches('a[href],area[href]'));
  if (follows || event.type === 'submit') show();
}

function watchEvents() {
  for (const type of ['click', 'auxclick', 'submit']) {
    addEventListener(type, (event) => {
      if (isPlain(event)) hide();
      // Anew each time, to come after the app's.
      removeEventListener(type, onFollow);
      addEventListener(type, onFollow, { once: true });
    }, true);
  }
  addEventListener('pointerdown', (event) => isPlain(event) && hide(), true);
  addEventListener('keydown', onKey, true);
  for (const type of ['popstate', 'hashchange']) addEventListener(type, () => hide(), true);
  for (const type of ['contextmenu', 'dragstart']) addEventListener(type, show, true);
  for (const type of ['beforeunload', 'pagehide']) addEventListener(type, leavePage, true);
  addEventListener('blur', (event) => event.target === window && leave(), true);
  document.addEventListener('visibilitychange', () => document.hidden && leave(), true);
  document.addEventListener('mouseout', (event) => event.relatedTarget || leave(), true);
}

/** @param {'pushState'|'replaceState'} name */
function wrapHistory(name) {
  wrap(History.prototype, name, {
    apply(native, self, args) {
      if (self !== history) return Reflect.apply(native, self, args);
      const [state, title, url] = args;
      let virtual = args;
      try {
        if (url !== undefined && url !== null) virtual = [state, title, strip(new URL(String(url), base()).href)];
      } catch {
        // No URL: the browser says so.
      }
      // The entry that is left keeps its real address; one that is replaced needs none.
      if (name === 'pushState') show();
      else if (isHidden()) remember();
      changing.app = true;
      try {
        return Reflect.apply(native, self, virtual);
      } finally {
        changing.app = false;
        if (isHidden()) remember(prefix);
        hide();
      }
    },
  });
}

/** What leaves the page's address behind, or refers to it. @param {any} type @param {string[]} names */
export function showBefore(type, ...names) {
  for (const name of names) {
    onCall(type.prototype, name, (args) => {
      show();
      return args;
    });
  }
}

/** The app looks at the address while it starts, and its parts may come late. */
function boot() {
  const booted = () => {
    if (!booting) return;
    booting = false;
    hide(Math.min(Math.max(AFTER_LOAD, slowestScript() * 1.5), LONGEST));
  };
  addEventListener('load', () => setTimeout(booted), { once: true });
  addEventListener('DOMContentLoaded', () => setTimeout(booted, LONGEST), { once: true });
}

export function hideAddress() {
  hide(0);
  boot();
  watchEvents();
  wrapHistory('pushState');
  wrapHistory('replaceState');
  showBefore(History, 'back', 'forward', 'go');
  showBefore(HTMLFormElement, 'submit');
  onEnd(plan);
  watchImports();
}
