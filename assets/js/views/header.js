// The top line: who this is, how busy the machine is, whether the line to it is alive, and the theme.
import { el, iconButton, setAttr, setText, show } from '../dom.js';
import { bytes, loadLevel, share } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { setTheme, theme } from '../prefs.js';

/** @typedef {import('../app.js').App} App */

/** A small bar with its figure. @param {string} label */
function meter(label) {
  const fill = el('span', { class: 'meter-fill' });
  const figure = el('span', { class: 'meter-figure' });
  const element = el('span', { class: 'meter', role: 'img' }, el('span', { class: 'meter-label', text: label }), el('span', { class: 'meter-track' }, fill), figure);
  return {
    element,
    /** @param {number} percent @param {string} text @param {string} [title] */
    set(percent, text, title = '') {
      fill.style.width = `${Math.min(100, Math.max(0, percent))}%`;
      element.dataset.level = loadLevel(percent);
      setText(figure, text);
      const words = `${label} ${text}${title ? `, ${title}` : ''}`;
      setAttr(element, 'aria-label', words);
      setAttr(element, 'title', words);
    },
  };
}

const THEMES = /** @type {const} */ ([
  ['system', 'system', 'Theme of the system'],
  ['dark', 'moon', 'Dark theme'],
  ['light', 'sun', 'Light theme'],
]);

function themeSwitch() {
  const choices = THEMES.map(([value, picture, label]) => {
    const input = el('input', { type: 'radio', name: 'theme', value, class: 'unseen', 'aria-label': label });
    input.checked = theme() === value;
    input.addEventListener('change', () => setTheme(value));
    return el('label', { class: 'segment', title: label }, input, icon(picture));
  });
  return el('div', { class: 'segments', role: 'radiogroup', 'aria-label': 'Theme' }, ...choices);
}

/** @param {HTMLElement} root @param {App} app @param {import('./strips.js').Strips} strips */
export function createHeader(root, app, strips) {
  const { server } = app;
  const version = el('span', { class: 'version mono' });
  const meters = el('div', { class: 'meters', role: 'group', 'aria-label': 'The machine' });
  const cpu = meter('CPU');
  const ram = meter('RAM');
  /** @type {Map<number, ReturnType<typeof meter>>} */
  const gpus = new Map();
  const linkIcon = icon('check');
  const linkWord = el('span', { text: 'Connecting' });
  const link = el('span', { class: 'link' }, el('span', { class: 'link-dot' }), linkWord);
  const open = el('button', { type: 'button', class: 'chip-button', hidden: true, title: 'What this means', on: { click: () => strips.showAuth() } }, icon('shield'), el('span', { text: 'No login' }));
  const help = app.actions.page[2];

  root.append(
    el('h1', { class: 'wordmark' }, el('img', { src: '.aikore/assets/img/icon.svg', alt: '', width: '20', height: '20' }), el('span', { text: 'AiKore' })),
    version,
    el('span', { class: 'spring' }),
    meters,
    open,
    link,
    themeSwitch(),
    iconButton(help.icon, help.label, () => help.run(), 'only-wide'),
  );
  show(meters, false);

  server.addEventListener('change', () => {
    setText(version, server.version ? `v${server.version.replace(/^v/, '')}` : '');
    show(open, server.auth === 'none');
  });
  server.addEventListener('link', () => {
    link.dataset.link = server.link;
    document.documentElement.dataset.link = server.link;
    setText(linkWord, { connecting: 'Connecting', live: 'Live', lost: 'No connection' }[server.link]);
    setIcon(linkIcon, server.link === 'live' ? 'check' : 'unplug');
  });
  server.addEventListener('stats', () => {
    const { stats } = server;
    if (!stats) return;
    show(meters, true);
    cpu.set(stats.cpu_percent, `${Math.round(stats.cpu_percent)} %`);
    ram.set(stats.ram.percent, share(stats.ram.used, stats.ram.total));
    for (const gpu of stats.gpus) {
      let one = gpus.get(gpu.id);
      if (!one) gpus.set(gpu.id, (one = meter(stats.gpus.length > 1 ? `GPU ${gpu.id}` : 'GPU')));
      one.set(gpu.vram.percent, share(gpu.vram.used, gpu.vram.total), `${gpu.name}, ${Math.round(gpu.utilization_percent)} % busy, ${bytes(gpu.vram.total - gpu.vram.used)} memory free`);
    }
    const parts = [cpu.element, ram.element, ...stats.gpus.flatMap(({ id }) => gpus.get(id)?.element ?? [])];
    if (parts.length !== meters.childElementCount || parts.some((part, at) => meters.children[at] !== part)) meters.replaceChildren(...parts);
  });
}
