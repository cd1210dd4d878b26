// The page in the place of an instance that is not ready: says how it is, and becomes the app when it has started.
import { coloured } from '../ansi.js';
import { request, sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { ago, moment, percent, STATUS_WORD, story } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { LogBuffer } from '../log-buffer.js';

/**
 * @typedef {object} State
 * @property {number} id
 * @property {string} name
 * @property {string} slug
 * @property {import('../types.js').Status} status
 * @property {string|null} reason
 * @property {import('../types.js').Progress|null} progress
 * @property {import('../types.js').Exit|null} exit
 * @property {string|null} since
 * @property {string[]} log
 */

const EVERY = 1000;
const HIDDEN = 10_000;
const LINES = 200;
const root = document.documentElement.dataset.root || '/';

/** What it means, for those who came to use the app. @type {Record<string, string>} */
const MEANING = {
  stopped: 'It is not running. Start it here, or in the dashboard.',
  starting: 'It is starting. This page becomes the app as soon as it answers.',
  installing: 'It is being installed. The first time this takes a while; this page becomes the app when it is done.',
  stalled: 'It is running but has not answered for longer than expected. Its log may say why.',
  stopping: 'It is stopping.',
  error: 'The last lines of its log may say more.',
  started: 'It has started.',
};

/** @param {State} state */
function build(state) {
  const page = /** @type {HTMLElement} */ (document.getElementById('page'));
  const picture = icon(state.status);
  const word = el('span', {});
  const status = el('span', { class: 'status' }, picture, word);
  const since = el('span', { class: 'muted' });
  const meaning = el('p', { class: 'page-hint' });
  const why = el('p', { class: 'page-why' });
  const fill = el('span', { class: 'bar-fill' });
  const bar = el('span', { class: 'bar', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': '0', 'aria-valuemax': '100' }, fill);
  const phase = el('span', {});
  const figure = el('span', {});
  const progress = el('div', { class: 'page-progress' }, bar, el('div', { class: 'bar-line' }, phase, figure));
  const start = button('Start', { icon: 'start', primary: true });
  const panel = el('a', { class: 'button', href: root, rel: 'noreferrer' }, el('span', { text: 'Open the dashboard' }));
  const fault = el('p', { class: 'page-error', role: 'alert' });
  const lines = el('div', { class: 'log wrap', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'Last lines of the log' });
  const log = el('section', { class: 'page-log' }, el('h2', { text: 'Last lines of the log' }), lines);
  const head = el('div', { class: 'page-line', role: 'status' }, status, since);
  page.firstElementChild?.append(head, why, meaning);
  page.append(progress, el('div', { class: 'page-actions' }, start, panel), fault, log);
  return { title: /** @type {HTMLElement} */ (document.getElementById('title')), picture, word, status, since, meaning, why, progress, bar, fill, phase, figure, start, fault, lines, log };
}

const first = /** @type {State} */ (JSON.parse(document.getElementById('state')?.textContent ?? '{}'));
const refs = build(first);
let state = first;
let shownLog = '';

function render() {
  const { status, name, since, log } = state;
  const heading = `${name}: ${STATUS_WORD[status]?.toLowerCase() ?? status}`;
  setText(refs.title, name);
  if (document.title !== heading) document.title = heading;
  setIcon(refs.picture, status);
  refs.status.dataset.status = status;
  setText(refs.word, STATUS_WORD[status] ?? status);
  setText(refs.since, since ? `for ${ago(since)}` : '');
  setAttr(refs.since, 'title', since ? `Since ${moment(since)}` : null);
  setText(refs.meaning, MEANING[status] ?? '');
  const moving = ['starting', 'installing', 'stopping', 'stalled'].includes(status);
  const known = percent(/** @type {any} */ (state));
  const text = story(/** @type {any} */ (state));
  const inBar = moving && state.progress?.phase;
  setText(refs.why, inBar ? '' : text);
  show(refs.progress, moving);
  refs.progress.classList.toggle('unknown', known === null);
  refs.fill.style.width = known === null ? '' : `${known}%`;
  setAttr(refs.bar, 'aria-valuenow', known === null ? null : String(Math.round(known)));
  setText(refs.phase, inBar ? text : '');
  setText(refs.figure, known === null ? '' : `${Math.round(known)} %`);
  show(refs.start, status === 'stopped' || status === 'error');
  const joined = log.join('\n');
  show(refs.log, joined.trim() !== '');
  if (joined === shownLog) return;
  const atEnd = refs.lines.scrollHeight - refs.lines.scrollTop - refs.lines.clientHeight < 24;
  shownLog = joined;
  const buffer = new LogBuffer(LINES);
  buffer.feed(joined);
  refs.lines.replaceChildren(...buffer.lines.map((line) => el('div', { class: 'log-line' }, coloured(line))));
  if (atEnd) refs.lines.scrollTop = refs.lines.scrollHeight;
}

/** @param {State} next */
function take(next) {
  state = next;
  setText(refs.fault, '');
  if (state.status === 'started') {
    location.reload();
    return;
  }
  render();
}

async function look() {
  try {
    take(await request(`${root}.aikore/instances/${encodeURIComponent(first.slug)}/state`));
  } catch (error) {
    setText(refs.fault, sentence(error));
  }
  if (state.status !== 'started') plan();
}

/** @type {number|undefined} */
let timer;
function plan() {
  clearTimeout(timer);
  timer = setTimeout(() => void look(), document.hidden ? HIDDEN : EVERY);
}

refs.start.addEventListener('click', async () => {
  refs.start.disabled = true;
  try {
    state = { ...state, ...(await request(`${root}.aikore/instances/${first.slug}/start`, { method: 'POST' })), log: state.log };
    render();
  } catch (error) {
    setText(refs.fault, `It could not be started: ${sentence(error)}`);
  } finally {
    refs.start.disabled = false;
    plan();
  }
});
document.addEventListener('visibilitychange', plan);
render();
if (state.status === 'started') setTimeout(() => location.reload(), EVERY);
else void look();
