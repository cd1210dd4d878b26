// The pictures, as strokes on a 16 × 16 grid.

const SVG = 'http://www.w3.org/2000/svg';

/** @type {Record<string, string>} */
const STROKES = {
  add: 'M8 3v10M3 8h10',
  start: 'M5 3.5v9l7.5-4.5z',
  stop: 'M4.5 4.5h7v7h-7z',
  restart: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.5',
  open: 'M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5',
  logs: 'M3 4h10M3 7h7M3 10h10M3 13h5',
  edit: 'M3 13l.6-2.8L10.8 3 13 5.2 5.8 12.4zM9.5 4.3l2.2 2.2',
  delete: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M6.8 7v3.5M9.2 7v3.5',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5 14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M6 6h7v7H6zM3 10V3h7',
  check: 'M3 8.5 6.5 12 13 4.5',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.6A5.5 5.5 0 0 1 6.4 3 5.5 5.5 0 1 0 13 9.6z',
  system: 'M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2M8 11.3h.01',
  shield: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM8 5.5v3M8 10.6h.01',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.3v3.4M8 5.2h.01',
  warn: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.6h.01',
  unplug: 'M2.5 13.5 5 11M13.5 2.5 11 5M6.5 5.5l4 4M5.5 6.5 4 8a2.8 2.8 0 0 0 4 4l1.5-1.5M9 4l-.2.2M12 8.2l.2-.2A2.8 2.8 0 0 0 8.6 3.7',
  chevron: 'M4 6l4 4 4-4',
  back: 'M12.5 8h-9M7 4.5 3.5 8 7 11.5',
  up: 'M8 12.5v-9M4.5 7 8 3.5 11.5 7',
  down: 'M8 3.5v9M4.5 9 8 12.5 11.5 9',
  download: 'M8 2.5V10M5 7l3 3 3-3M3 13.5h10',
  upload: 'M8 10V2.5M5 5.5l3-3 3 3M3 13.5h10',
  folder: 'M2 12.5v-9h4l1.5 1.8H14v7.2z',
  'folder-add': 'M2 12.5v-9h4l1.5 1.8H14v7.2zM8 7.2v3.6M6.2 9h3.6',
  link: 'M7 9.2a2.6 2.6 0 0 0 3.7 0l2-2A2.6 2.6 0 0 0 9 3.5l-.8.8M9 6.8a2.6 2.6 0 0 0-3.7 0l-2 2A2.6 2.6 0 0 0 7 12.5l.8-.8',
  models: 'M8 2 13.5 5v6L8 14 2.5 11V5zM2.5 5 8 8l5.5-3M8 8v6',
  pause: 'M5.5 4v8M10.5 4v8',
  wrap: 'M3 4h10M3 8h8a2.2 2.2 0 0 1 0 4.4H8.5M10 10.9 8.4 12.4 10 13.9M3 12.4h2.5',
  follow: 'M8 2.5v7M5 6.5l3 3 3-3M3 13.5h10',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6',
  clear: 'M3 4h10M3 7.5h5M3 11h3.5M9.5 8.5l4 4M13.5 8.5l-4 4',
  'server-log': 'M2.5 3h11v10h-11zM5 6l1.8 1.8L5 9.6M8.5 10h2.5',
  dense: 'M3 3.5h10M3 6.5h10M3 9.5h10M3 12.5h10',
  grow: 'M9.5 3H13v3.5M13 3 9 7M6.5 13H3V9.5M3 13l4-4',
  shrink: 'M13 7H9V3M9 7l4.5-4.5M3 9h4v4M7 9l-4.5 4.5',
  power: 'M5 4.2a5 5 0 1 0 6 0M8 2.2v5',
  desktop: 'M2.5 3.5h11v7h-11zM6 13.5h4',
  note: 'M4 2.5h6l2.5 2.5v8.5H4zM6.3 7h4M6.3 9.5h4',
  chip: 'M5 5h6v6H5zM6.5 2.5V5M9.5 2.5V5M6.5 11v2.5M9.5 11v2.5M2.5 6.5H5M2.5 9.5H5M11 6.5h2.5M11 9.5h2.5',
  globe: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 1.8 2.8 3.7 2.8 6S10 12.2 8 14C6 12.2 5.2 10.3 5.2 8S6 3.8 8 2z',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5.5a2.5 2.5 0 0 1 5 0v2',
  grip: 'M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  group: 'M2.5 4.5h4l1.2 1.5h5.8v7h-11z',
  save: 'M3 3h8l2 2v8H3zM5.5 3v3.5h4.5V3M5.5 13V9.5h5V13',
  crt: 'M3.5 2.5h9a1.5 1.5 0 0 1 1.5 1.5v6.5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 10.5V4a1.5 1.5 0 0 1 1.5-1.5zM4.5 5.5h7M4.5 7.3h7M4.5 9.1h4M6 14h4',
  gear: 'M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 1.8v1.9M8 12.3v1.9M1.8 8h1.9M12.3 8h1.9M3.6 3.6l1.4 1.4M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4',
  activity: 'M1.5 8.5h3L6.5 3l3 10 2-4.5h3',
  view: 'M2 3h12v10H2zM2 6h12M4 4.5h.01M5.8 4.5h.01',
  pop: 'M9.5 2.5h4v4M13.5 2.5 9 7M6.5 3.5h-4v10h10v-4',
  minus: 'M4 8h8',
  user: 'M8 8.2a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.8 13.5c.6-2.3 2.6-3.4 5.2-3.4s4.6 1.1 5.2 3.4',
  leave: 'M6.5 3H3v10h3.5M10.5 5 13.5 8l-3 3M13.5 8H6.5',
  key: 'M5.5 13a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM7.3 8.7 13 3M10.5 5.5l2 2',
  undo: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3',
  home: 'M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5',
  gauge: 'M2.5 11.5a5.5 5.5 0 1 1 11 0M8 11.5l2.6-3.6',
  terminal: 'M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10.2h3',
  lettersLess: 'M2 12.5 5.5 4 9 12.5M3.2 9.7h4.6M10 9h4.5',
  letters: 'M2 12.5 5.5 4 9 12.5M3.2 9.7h4.6M12 6.5v5M9.5 9h5',
  code: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5M9 3.5l-2 9',
  blueprint: 'M3 2.5h10v11H3zM3 5.5h10M6 5.5v8M8.5 8h2.5M8.5 10.5h2.5',
  history: 'M3.2 9.5A5 5 0 1 0 4 5M3.5 2.5V5H6M8 5.5V8l2 1.2',
  gallery: 'M2.5 3h11v10h-11zM2.5 11l3.2-3.2 2.6 2.6 2-2 3.2 3.2M10.2 6.2h.01',
  film: 'M2.5 3.5h11v9h-11zM5 3.5v9M11 3.5v9M2.5 8h11',
  sound: 'M6 11.5V4l6.5-1.5V10M6 11.5a1.7 1.7 0 1 1-3.4 0 1.7 1.7 0 0 1 3.4 0zM12.5 10a1.7 1.7 0 1 1-3.4 0 1.7 1.7 0 0 1 3.4 0z',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  zoom: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5 14 14M7 5v4M5 7h4',
  panel: 'M2.5 3h11v10h-11zM2.5 9h11',
  versions: 'M8 2 13.5 5v6L8 14 2.5 11V5zM2.5 5 8 8l5.5-3M8 8v6',
  wheel: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM8 2.5v3.9M8 9.6v3.9M2.5 8h3.9M9.6 8h3.9',
  environment: 'M8 2.5 14 5.5 8 8.5 2 5.5zM2 8l6 3 6-3M2 10.5l6 3 6-3',
  routes: 'M2 8h3.5M5.5 8c2.6 0 1.6-4 4.5-4h3.5M5.5 8c2.6 0 1.6 4 4.5 4h3.5M11.3 2 13.5 4l-2.2 2M11.3 10l2.2 2-2.2 2',
  update: 'M8 13.5V6M4.8 9 8 5.8 11.2 9M3.5 2.8h9',
  branch: 'M5 3v10M5 9c0-2.5 6-1.5 6-4.5M5 13a1.2 1.2 0 1 0 0-.01M5 3.2a1.2 1.2 0 1 0 0-.01M11 4.5a1.2 1.2 0 1 0 0-.01',
  eye: 'M1.5 8C3 5 5.3 3.5 8 3.5S13 5 14.5 8C13 11 10.7 12.5 8 12.5S3 11 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  clipboard: 'M5.5 3.5h-2v10h9v-10h-2M5.5 2.5h5V5h-5zM6 8h4M6 10.5h4',
  keyboard: 'M1.5 4h13v8.5h-13zM4 6.8h.01M6.7 6.8h.01M9.3 6.8h.01M12 6.8h.01M4.8 9.7h6.4',
  bell: 'M3 11.2c1-.9 1.4-2 1.4-3.6V6.3a3.6 3.6 0 0 1 7.2 0v1.3c0 1.6.4 2.7 1.4 3.6zM6.6 13.4a1.6 1.6 0 0 0 2.8 0',
  disk: 'M2.5 9.5 4.3 3.5h7.4l1.8 6v3.5h-11zM2.5 9.5h11M11 11.3h.01M8.8 11.3h.01',
  modifiers: 'M6 6H4.5A1.75 1.75 0 1 1 6 4.5zM6 6h4v4H6zM10 6V4.5A1.75 1.75 0 1 1 11.5 6zM10 10h1.5A1.75 1.75 0 1 1 10 11.5zM6 10v1.5A1.75 1.75 0 1 1 4.5 10z',
  sliders: 'M3 5h6M12 5h1M3 11h1M7 11h6M10.5 3.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM5.5 9.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z',
  move: 'M8 2v12M2 8h12M6.3 3.7 8 2l1.7 1.7M6.3 12.3 8 14l1.7-1.7M3.7 6.3 2 8l1.7 1.7M12.3 6.3 14 8l-1.7 1.7',
  // Statuses: told apart by shape, not by colour alone.
  stopped: 'M8 13A5 5 0 1 0 8 3a5 5 0 0 0 0 10z',
  starting: 'M13 8a5 5 0 1 0-5 5M8 5v3l2 1.5',
  installing: 'M8 2.5v6.5M5 6.5 8 9.5l3-3M3 10.5v3h10v-3',
  started: 'M8 13A5 5 0 1 0 8 3a5 5 0 0 0 0 10zM5.8 8.2l1.6 1.6 3-3.4',
  stalled: 'M4.5 2.5h7M4.5 13.5h7M5.5 2.5c0 4 5 4 5 5.5s-5 1.5-5 5.5M10.5 2.5c0 4-5 4-5 5.5s5 1.5 5 5.5',
  stopping: 'M8 13A5 5 0 1 0 8 3a5 5 0 0 0 0 10zM6.3 6.3h3.4v3.4H6.3z',
  error: 'M5.6 2.5h4.8l3.1 3.1v4.8l-3.1 3.1H5.6L2.5 10.4V5.6zM6 6l4 4M10 6l-4 4',
};

/** @param {string} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'path'));
  setIcon(svg, name);
  return svg;
}

/** Changes the picture in place. @param {SVGSVGElement} svg @param {string} name */
export function setIcon(svg, name) {
  const path = svg.firstElementChild;
  if (!path || svg.dataset.icon === name) return;
  svg.dataset.icon = name;
  path.setAttribute('d', STROKES[name] ?? STROKES.info);
}
