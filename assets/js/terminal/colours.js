// The theme's colours as xterm wants them: it draws by itself and knows no custom properties.
import { looks } from '../prefs.js';

/** xterm's word for each colour, and the token it is. */
const TOKENS = /** @type {const} */ ({
  background: '--log-ground',
  foreground: '--text',
  cursor: '--accent',
  cursorAccent: '--log-ground',
  black: '--ansi-black',
  red: '--bad',
  green: '--ok',
  yellow: '--busy',
  blue: '--ansi-blue',
  magenta: '--ansi-magenta',
  cyan: '--info',
  white: '--ansi-white',
  brightBlack: '--muted',
  brightRed: '--ansi-bright-red',
  brightGreen: '--ansi-bright-green',
  brightYellow: '--ansi-bright-yellow',
  brightBlue: '--ansi-bright-blue',
  brightMagenta: '--ansi-bright-magenta',
  brightCyan: '--ansi-bright-cyan',
  brightWhite: '--text',
});

/** What tokens come to at this moment: `light-dark()` is resolved only where it is used. */
function resolver() {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  return {
    /** @param {string} token */
    of: (token) => {
      probe.style.color = `var(${token})`;
      return getComputedStyle(probe).color;
    },
    done: () => probe.remove(),
  };
}

/** @param {string} colour `rgb(1, 2, 3)` @param {number} share of it, 0 to 1 */
const thinned = (colour, share) => colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);

/** `rgb(1, 2, 3)` as `#010203`. @param {string} colour */
const hex = (colour) => `#${(colour.match(/\d+/g) ?? []).slice(0, 3).map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;

/** The theme of this moment. @returns {import('../../vendor/xterm.js').ITheme} */
export function themeNow() {
  const resolve = resolver();
  const theme = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, resolve.of(token)]));
  const accent = resolve.of('--accent');
  resolve.done();
  return { ...theme, selectionBackground: thinned(accent, 0.35) };
}

/** How the search marks what it finds. @returns {import('../../vendor/xterm.js').ISearchDecorationOptions} */
export function marksNow() {
  const resolve = resolver();
  const marks = { all: hex(resolve.of('--mark')), here: hex(resolve.of('--mark-here')) };
  resolve.done();
  return { matchBackground: marks.all, matchOverviewRuler: marks.all, activeMatchBackground: marks.here, activeMatchColorOverviewRuler: marks.here };
}

/** Calls back when the colours may be others: another theme was chosen, or the system's has changed. @param {() => void} then @param {AbortSignal} signal */
export function whenRecoloured(then, signal) {
  looks.addEventListener('look', then, { signal });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', then, { signal });
}
