// The top line: who this is, whether the line to it is alive, all actions, the theme, and who is logged in.
import { panel } from '../api-panel.js';
import { keyName } from '../shortcut.js';
import { el, iconButton, setAttr, setText, show } from '../dom.js';
import { bytes, loadLevel, share } from '../format.js';
import { icon } from '../icons.js';
import { asset } from '../load.js';
import { looks, setTheme, theme, THEMES } from '../prefs.js';
import { logOut } from '../sign-out.js';
import { bell } from './bell.js';
import { openMenu } from './menu.js';

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

function themeSwitch() {
  const choices = THEMES.map(([value, picture, label]) => {
    const input = el('input', { type: 'radio', name: 'theme', value, class: 'unseen', 'aria-label': label });
    input.addEventListener('change', () => setTheme(value));
    return { value, input, element: el('label', { class: 'segment', title: label }, input, icon(picture)) };
  });
  const render = () => choices.forEach(({ value, input }) => (input.checked = theme() === value));
  looks.addEventListener('look', render);
  render();
  return el('div', { class: 'segments', role: 'radiogroup', 'aria-label': 'Theme' }, ...choices.map(({ element }) => element));
}

/** Who is logged in, and the way out. @param {App} app */
function userButton(app) {
  const name = el('span', { class: 'ellipsis', text: 'Account' });
  const made = el('button', { type: 'button', class: 'chip-button user', hidden: true, 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, icon('user'), name);
  made.addEventListener('click', () =>
    openMenu({
      anchor: made,
      label: 'Account',
      items: [
        { label: 'Settings', icon: 'gear', run: () => app.tools.open('settings') },
        { label: 'Log out', icon: 'leave', run: () => void logOut(app) },
      ],
    }),
  );
  let asked = false;
  app.server.addEventListener('change', async () => {
    show(made, app.server.auth === 'password');
    if (made.hidden || asked) return;
    asked = true;
    try {
      const { user } = await panel.session();
      if (user) setText(name, user);
    } catch {
      // The button works without a name too.
      asked = false;
    }
  });
  return made;
}

/** The machine's figures, for when the monitoring pane is out of sight. @param {App} app */
function meters({ server }) {
  const element = el('div', { class: 'meters', role: 'group', 'aria-label': 'The machine' });
  const cpu = meter('CPU');
  const ram = meter('RAM');
  /** @type {Map<number, ReturnType<typeof meter>>} */
  const gpus = new Map();
  show(element, false);
  server.addEventListener('stats', () => {
    const { stats } = server;
    if (!stats) return;
    show(element, true);
    cpu.set(stats.cpu_percent, `${Math.round(stats.cpu_percent)} %`);
    ram.set(stats.ram.percent, share(stats.ram.used, stats.ram.total));
    for (const gpu of stats.gpus) {
      let one = gpus.get(gpu.id);
      if (!one) gpus.set(gpu.id, (one = meter(stats.gpus.length > 1 ? `GPU ${gpu.id}` : 'GPU')));
      one.set(gpu.vram.percent, share(gpu.vram.used, gpu.vram.total), `${gpu.name}, ${gpu.utilization_percent === null ? '' : `${gpu.utilization_percent} % busy, `}${bytes(gpu.vram.total - gpu.vram.used)} memory free`);
    }
    const parts = [cpu.element, ram.element, ...stats.gpus.flatMap(({ id }) => gpus.get(id)?.element ?? [])];
    if (parts.length !== element.childElementCount || parts.some((part, at) => element.children[at] !== part)) element.replaceChildren(...parts);
  });
  return element;
}

/** @param {HTMLElement} root @param {App} app @param {import('./strips.js').Strips} strips */
export function createHeader(root, app, strips) {
  const { server } = app;
  const version = el('span', { class: 'version mono' });
  const linkWord = el('span', { text: 'Connecting' });
  const link = el('span', { class: 'link' }, el('span', { class: 'link-dot' }), linkWord);
  const open = el('button', { type: 'button', class: 'chip-button', hidden: true, title: 'What this means', on: { click: () => strips.showAuth() } }, icon('shield'), el('span', { text: 'No login' }));
  /** @param {string} id */
  const action = (id) => /** @type {import('../actions.js').PageAction} */ (app.actions.page.find((one) => one.id === id));
  const [palette, help] = [action('palette'), action('help')];
  const run = el(
    'button',
    { type: 'button', class: 'run-button only-wide', 'aria-keyshortcuts': 'Control+K', on: { click: () => palette.run() } },
    icon(palette.icon),
    el('span', { text: palette.label }),
    el('kbd', { text: keyName(palette.shortcut ?? ''), 'aria-hidden': 'true' }),
  );

  root.append(
    el('h1', { class: 'wordmark' }, el('img', { src: asset('img/icon.svg'), alt: '', width: '20', height: '20' }), el('span', { text: 'AiKore' })),
    version,
    el('span', { class: 'spring' }),
    meters(app),
    run,
    open,
    link,
    bell(app),
    themeSwitch(),
    userButton(app),
    iconButton(help.icon, help.label, () => help.run(), 'only-wide'),
  );

  server.addEventListener('change', () => {
    setText(version, server.version ? `v${server.version.replace(/^v/, '')}` : '');
    show(open, server.auth === 'none');
  });
  server.addEventListener('link', () => {
    link.dataset.link = server.link;
    document.documentElement.dataset.link = server.link;
    setText(linkWord, { connecting: 'Connecting', live: 'Live', lost: 'No connection' }[server.link]);
  });
}
