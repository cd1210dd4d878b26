// Shortcuts: how the key of an event is called, and how it is written for people.

/** The key of an event, with Alt said before it: "s", "Delete", "Alt+ArrowUp". @param {KeyboardEvent} event */
export const keyOf = (event) => (event.ctrlKey || event.metaKey ? null : `${event.altKey ? 'Alt+' : ''}${event.key}`);

const isApple = /Mac|iP(hone|ad|od)/.test(navigator.userAgent);

/** @type {Record<string, string>} */
const KEY_NAMES = { Delete: 'Del', Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓', mod: isApple ? '⌘' : 'Ctrl' };

/** How a shortcut is written for people. @param {string} shortcut */
export const keyName = (shortcut) => shortcut.split('+').map((key) => KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)).join(' ');
