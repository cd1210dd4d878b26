// The terminal of the tools that show what a program writes.
export { FitAddon } from '@xterm/addon-fit';
export { SearchAddon } from '@xterm/addon-search';
export { Unicode11Addon } from '@xterm/addon-unicode11';
export { WebLinksAddon } from '@xterm/addon-web-links';
export { WebglAddon } from '@xterm/addon-webgl';
/** @typedef {import('@xterm/xterm').ITheme} ITheme */
/** @typedef {import('@xterm/xterm').IMarker} IMarker */
/** @typedef {import('@xterm/addon-search').ISearchDecorationOptions} ISearchDecorationOptions */
export { Terminal } from '@xterm/xterm';
