// The machine: what it does now, and what it did. Drawn only while it can be seen.
import { api } from '../api.js';
import { el, setText, show } from '../dom.js';
import { bytes, share } from '../format.js';
import { icon } from '../icons.js';
import { recall, remember } from '../prefs.js';
import { gauge } from './monitor-gauges.js';
import { createGpus } from './monitor-gpus.js';
import { createGraph } from './monitor-graph.js';
import { History, seriesOf } from './monitor-history.js';
import { createUses } from './monitor-instances.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../types.js').Stats} Stats */

const LATELY = 600;
/** The table comes first: so long the past waits, in milliseconds. */
const PATIENCE = 250;
const SPANS = /** @type {const} */ ([
  [LATELY, '10 min', 'ten minutes'],
  [3600, '1 h', 'hour'],
  [86_400, '24 h', 'day'],
]);

/** @param {(span: number) => void} onChoice @param {number} chosen */
function spanSwitch(onChoice, chosen) {
  const choices = SPANS.map(([span, label, words]) => {
    const input = el('input', { type: 'radio', name: 'monitor-span', value: String(span), class: 'unseen', 'aria-label': `The last ${words}` });
    input.checked = span === chosen;
    input.addEventListener('change', () => onChoice(span));
    return el('label', { class: 'segment segment-word' }, input, el('span', { text: label }));
  });
  return el('div', { class: 'segments', role: 'radiogroup', 'aria-label': 'History' }, ...choices);
}

/** @param {string[]} holds */
const diskLabel = (holds) => holds.map((word, at) => (at ? word : word[0].toUpperCase() + word.slice(1))).join(', ');

/** @param {HTMLElement} root @param {App} app */
export function createMonitor(root, app) {
  root.classList.add('pane-monitor');
  const { server } = app;
  const remembered = Number(recall('monitor.span', String(LATELY)));
  let span = SPANS.find(([one]) => one === remembered)?.[0] ?? LATELY;
  /** The last ten minutes: for the small lines, and for the graph at first. */
  const lately = new History(LATELY);
  let history = lately;

  const cpu = gauge('CPU');
  const ram = gauge('Memory');
  /** @type {Map<string, ReturnType<typeof gauge>>} */
  const disks = new Map();
  const gauges = el('div', { class: 'gauges' }, cpu.element, ram.element);
  const cards = el('div', { class: 'gpus' });
  const gpus = createGpus(cards, (id) => app.instances.get(id)?.data.name);
  const noteText = el('p', {});
  const taken = el('div', { class: 'uses' });
  const uses = createUses(taken, app);
  const note = el('div', { class: 'monitor-note', role: 'status', hidden: true }, icon('info'), noteText);
  const driver = el('p', { class: 'monitor-driver', hidden: true });
  const fault = el('p', { class: 'monitor-fault', role: 'status', hidden: true });
  const figure = el('section', { class: 'graph', 'aria-label': 'History' });
  const graph = createGraph(figure);
  const body = el('div', { class: 'monitor-body', tabindex: '0', role: 'region', 'aria-label': 'Figures of the machine' }, gauges, cards, note, taken, figure, fault, driver);
  const since = el('span', { class: 'monitor-since ellipsis' });
  const waiting = el('p', { class: 'nothing', text: 'Waiting for the first figures.' });
  root.append(
    el('header', { class: 'pane-head monitor-head' }, el('h2', { text: 'Machine' }), since, el('span', { class: 'spring' }), spanSwitch(choose, span)),
    waiting,
    body,
  );
  show(body, false);

  let seen = false;
  let due = false;
  const visible = () => seen && !document.hidden;

  /** Fetches the past of a window; a failure is said, and what is there stays. @param {History} into */
  async function fetchPast(into) {
    try {
      into.load(await api.past(Math.floor(Date.now() / 1000) - into.span));
      show(fault, false);
    } catch (error) {
      if (server.link === 'lost') return;
      setText(fault, `The history could not be loaded. ${error instanceof Error ? error.message : ''}`.trim());
      show(fault, true);
    }
    draw();
  }

  /** @param {number} chosen */
  function choose(chosen) {
    span = /** @type {typeof span} */ (chosen);
    remember('monitor.span', String(span));
    history = span === LATELY ? lately : new History(span);
    if (history === lately) draw();
    else void fetchPast(history);
  }

  /** @param {Stats} stats */
  function renderDisks(stats) {
    const labels = stats.disks.map(({ holds }) => (stats.disks.length > 1 ? diskLabel(holds) : 'Disk'));
    for (const [label, { element }] of disks) {
      if (labels.includes(label)) continue;
      element.remove();
      disks.delete(label);
    }
    stats.disks.forEach((disk, at) => {
      const label = labels[at];
      let one = disks.get(label);
      if (!one) {
        disks.set(label, (one = gauge(label)));
        one.element.classList.add('gauge-plain');
        gauges.append(one.element);
      }
      one.set(disk.percent, bytes(disk.free), 'free', `${bytes(disk.used)} used at ${disk.path} (${diskLabel(disk.holds)})`);
    });
  }

  /** @param {Stats} stats */
  function render(stats) {
    const cores = `${Number(stats.cpu_cores.toFixed(1))} core${stats.cpu_cores === 1 ? '' : 's'}`;
    cpu.set(stats.cpu_percent, `${Math.round(stats.cpu_percent)} %`, `of ${cores}`, stats.cpu_limited ? `The container may use ${cores}` : '');
    ram.set(stats.ram.percent, share(stats.ram.used, stats.ram.total), '', stats.ram_limited ? 'The container may use no more' : '');
    renderDisks(stats);
    gpus.render(stats.gpus);
    uses.render(stats.instances ?? []);
    setText(noteText, stats.gpu_note ?? '');
    note.dataset.kind = stats.gpus.length ? 'warn' : 'info';
    show(note, Boolean(stats.gpu_note));
    setText(driver, stats.driver ? `Driver ${stats.driver.version}${stats.driver.cuda ? `, CUDA up to ${stats.driver.cuda}` : ''}` : '');
    show(driver, Boolean(stats.driver));
    show(waiting, false);
    show(body, true);
  }

  /** Puts the newest figures on the screen; while nobody could see them, only once that changes. */
  function draw() {
    const { stats } = server;
    due = true;
    if (!stats || !visible()) return;
    due = false;
    render(stats);
    cpu.draw(lately.at, lately.column('cpu'));
    ram.draw(lately.at, lately.column('ram'));
    gpus.draw(lately);
    const words = SPANS.find(([one]) => one === span)?.[2] ?? '';
    void graph.draw(history, seriesOf(stats), words);
  }

  const drawIfDue = () => due && draw();
  uses.whenOpened(draw);
  let asked = false;
  /** The past is asked for once somebody sees the pane, and anew after a break. */
  const begin = () => {
    if (asked || !visible() || !server.stats || server.link !== 'live') return;
    asked = true;
    setTimeout(() => {
      void fetchPast(lately);
      if (history !== lately) void fetchPast(history);
    }, PATIENCE);
  };

  server.addEventListener('stats', () => {
    const { stats } = server;
    if (!stats) return;
    for (const one of new Set([lately, history])) one.add(stats);
    begin();
    draw();
  });
  server.addEventListener('link', () => {
    const lost = server.link === 'lost';
    if (lost) asked = false;
    setText(since, lost && server.stats ? `No connection: figures of ${new Date(server.stats.at * 1000).toLocaleTimeString()}` : '');
    begin();
  });
  document.addEventListener('visibilitychange', () => {
    begin();
    drawIfDue();
  });
  new IntersectionObserver((entries) => {
    seen = entries.at(-1)?.isIntersecting ?? false;
    begin();
    drawIfDue();
  }).observe(root);
  // A span other than the first needs its own past.
  if (span !== LATELY) history = new History(span);
}
