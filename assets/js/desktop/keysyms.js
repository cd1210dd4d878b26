// Keys by the numbers X knows them by. Pure.

/** Those that are no letters, by what a browser calls them. @type {Readonly<Record<string, number>>} */
export const KEYSYMS = Object.freeze({
  Backspace: 0xff08,
  Tab: 0xff09,
  Enter: 0xff0d,
  Escape: 0xff1b,
  Home: 0xff50,
  ArrowLeft: 0xff51,
  ArrowUp: 0xff52,
  ArrowRight: 0xff53,
  ArrowDown: 0xff54,
  PageUp: 0xff55,
  PageDown: 0xff56,
  End: 0xff57,
  Insert: 0xff63,
  Delete: 0xffff,
  Shift: 0xffe1,
  Control: 0xffe3,
  Alt: 0xffe9,
  Super: 0xffeb,
  ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`F${at + 1}`, 0xffbe + at])),
});

/** @param {string} letter one code point */
export function keysymOf(letter) {
  if (letter === '\n') return KEYSYMS.Enter;
  if (letter === '\t') return KEYSYMS.Tab;
  const code = letter.codePointAt(0) ?? 0;
  // Latin-1 has its own numbers; everything else is Unicode with a mark.
  return code < 0x100 ? code : 0x01000000 | code;
}

/**
 * How one text became the other: so many letters taken back from its end, and what was typed then.
 * @param {string} before @param {string} after @returns {{ back: number, typed: string[] }}
 */
export function typing(before, after) {
  const old = [...before];
  const now = [...after];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same += 1;
  return { back: old.length - same, typed: now.slice(same) };
}
