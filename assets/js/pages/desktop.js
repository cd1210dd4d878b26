// The screen of an instance that runs in a desktop on the server: the whole page is its picture. Closing it ends nothing.
import { SharedClipboard } from '../desktop/clipboard.js';
import { ControlBar, SHORTCUT } from '../desktop/bar.js';
import { KeyStrip } from '../desktop/key-strip.js';
import { ScreenLine } from '../desktop/line.js';
import { Picture } from '../desktop/picture.js';
import { TouchTyping } from '../desktop/touch-typing.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { byId } from './gate.js';

/** @typedef {{ id: number, name: string, slug: string, app: boolean, view_only: boolean }} State */

/** So long, in milliseconds, a sentence stays that is not about the line. */
const SAID = 5000;
const state = /** @type {State} */ (JSON.parse(byId('state').textContent ?? '{}'));
const { view_only: viewOnly } = state;
const stage = byId('stage');
const picture = new Picture(viewOnly);

const line = new ScreenLine(stage, (rfb) => {
  rfb.viewOnly = viewOnly;
  rfb.background = 'var(--ground)';
  // A mouse that the screen draws no arrow for is still to be seen; a finger is no mouse.
  rfb.showDotCursor = !viewOnly && !matchMedia('(any-pointer: coarse)').matches;
  rfb.focusOnClick = !typing.isShown;
  rfb.addEventListener('clippingviewport', renderMove);
  picture.apply(rfb);
  name(stage.querySelector('canvas'));
});

/** @param {number} keysym @param {boolean} [down] */
const send = (keysym, down) => line.rfb?.sendKey(keysym, null, down);
const typing = new TouchTyping(send);
const strip = new KeyStrip(send, typing);
const bar = new ControlBar();

/** For those who hear the page. @param {HTMLCanvasElement|null} canvas */
function name(canvas) {
  if (!canvas) return;
  setAttr(canvas, 'role', viewOnly ? 'img' : 'application');
  setAttr(canvas, 'aria-label', `The screen of ${state.name}${viewOnly ? '' : `. It gets every key; ${SHORTCUT} opens the controls.`}`);
}

/** The screen has the keys, unless somebody is at the controls. A page in a frame takes them from nobody. */
function focus() {
  const idle = document.activeElement === document.body || document.activeElement === null;
  if (!viewOnly && idle && (window.top === window || document.hasFocus())) line.rfb?.focus({ preventScroll: true });
}

// How the line is, in words.
const words = el('p', { class: 'line-words', role: 'status' });
const again = button('Try now', { on: { click: () => line.hurry() } });
const panel = el('a', { class: 'button', href: document.documentElement.dataset.root ?? '/', rel: 'noreferrer', text: 'Open the dashboard' });
const note = el('div', { class: 'line-note' }, words, el('div', { class: 'line-actions' }, again, panel));
/** Whether there has been a picture yet. */
let seen = false;

function say() {
  const { why } = line;
  const texts = {
    connecting: seen ? 'Connecting to the screen again…' : `Connecting to the screen of ${state.name}…`,
    connected: 'Connected.',
    waiting: why ? `The screen can’t be shown: ${why}` : `The connection to the screen was lost. ${state.name} goes on running; this page connects again by itself.`,
  };
  setText(words, texts[line.state]);
  note.dataset.state = line.state;
  show(again, line.state === 'waiting');
  // In a frame the dashboard is around it.
  show(panel, line.state === 'waiting' && window.top === window);
}

line.addEventListener('state', () => {
  say();
  if (line.state !== 'connected') return;
  seen = true;
  renderMove();
  focus();
});

// The controls, from top to bottom.
const full = bar.add('grow', 'Full screen', () => void toggleFull());
show(full, document.fullscreenEnabled);
if (!viewOnly) {
  const clipboard = new SharedClipboard(line, stage);
  bar.addPanel({ icon: 'clipboard', label: 'Clipboard', element: clipboard.element, focus: () => clipboard.focus() });
  const keyboard = bar.add('keyboard', 'Keyboard of this device', () => (typing.isShown ? typing.field.blur() : typing.show()));
  keyboard.classList.add('only-touch');
  // A press would take the focus from the field, and with it the keyboard.
  for (const type of ['pointerdown', 'mousedown']) keyboard.addEventListener(type, (event) => event.preventDefault());
  const keys = bar.add('modifiers', 'Keys', () => {
    const open = Boolean(strip.element.hidden);
    show(strip.element, open);
    setAttr(keys, 'aria-pressed', String(open));
    if (!open) strip.release();
  });
  setAttr(keys, 'aria-pressed', 'false');
  typing.addEventListener('change', () => {
    setAttr(keyboard, 'aria-pressed', String(typing.isShown));
    if (line.rfb) line.rfb.focusOnClick = !typing.isShown;
  });
}
bar.addPanel({ icon: 'sliders', label: 'Picture', element: picture.element, focus: () => picture.focus() });
const move = bar.add('move', 'Move the picture with a finger', () => {
  if (line.rfb) line.rfb.dragViewport = !line.rfb.dragViewport;
  renderMove();
});
// Who may only look may not use it.
if (state.app && !viewOnly) bar.addLink('view', 'The app without its desktop', 'app/');

/** Only a picture that is larger than the window can be moved. */
function renderMove() {
  const { rfb } = line;
  const can = Boolean(rfb?.clippingViewport);
  if (rfb && !can) rfb.dragViewport = false;
  show(move, can);
  setAttr(move, 'aria-pressed', String(Boolean(rfb?.dragViewport)));
}

picture.addEventListener('change', () => {
  if (line.rfb) picture.apply(line.rfb);
  renderMove();
});

async function toggleFull() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else {
      await document.documentElement.requestFullscreen({ navigationUI: 'hide' });
      // Where the browser can: Escape, Alt Tab and the like for the screen too.
      void /** @type {any} */ (navigator).keyboard?.lock?.()?.catch(() => {});
    }
    bar.leave();
  } catch {
    setText(words, 'The browser did not allow full screen.');
    note.dataset.state = 'said';
    setTimeout(say, SAID);
  }
}

document.addEventListener('fullscreenchange', () => {
  const on = Boolean(document.fullscreenElement);
  const drawn = full.querySelector('svg');
  if (drawn) setIcon(drawn, on ? 'shrink' : 'grow');
  for (const attribute of ['aria-label', 'title']) setAttr(full, attribute, on ? 'Leave full screen' : 'Full screen');
  if (!on) /** @type {any} */ (navigator).keyboard?.unlock?.();
});

bar.addEventListener('leave', () => (viewOnly ? bar.tab.focus() : line.rfb?.focus({ preventScroll: true })));
stage.addEventListener('pointerdown', () => bar.toggle(false), { capture: true });
addEventListener('focus', focus);
addEventListener(
  'keydown',
  (event) => {
    if (!event.ctrlKey || !event.altKey || !event.shiftKey || (event.code !== 'KeyM' && event.key.toLowerCase() !== 'm')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (bar.isOpen) bar.leave();
    else {
      // noVNC lets go of all keys when the window loses the focus: those of the shortcut come up elsewhere.
      dispatchEvent(new Event('blur'));
      bar.enter();
    }
  },
  { capture: true },
);

// A keyboard on the glass covers the page: the screen takes what is left of it.
const fit = () => {
  const { height = innerHeight, scale = 1 } = window.visualViewport ?? {};
  if (Math.abs(scale - 1) < 0.01) document.documentElement.style.setProperty('--seen', `${Math.round(height)}px`);
};
window.visualViewport?.addEventListener('resize', fit);
fit();

document.body.prepend(bar.element);
if (viewOnly) document.body.prepend(el('p', { class: 'view-mark' }, icon('eye'), el('span', { text: 'View only' })));
document.body.append(note, strip.element, typing.field);
say();
line.open();
