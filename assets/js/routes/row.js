// One instance's ways in as a row: made once, then only changed, so that focus and selections stay while figures run.
import { copyText, el, iconButton, setAttr, setText, show } from '../dom.js';
import { ago, moment, STATUS_WORD } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { counted, sized, UNKNOWN, waysOf } from './model.js';

/** @typedef {import('./model.js').Route} Route */

const KIND = { path: 'Path', port: 'Port', host: 'Host' };
const COPIED = 1200;

/** What tells it from the others; the whole is in its tip and is what is copied. @param {string} kind @param {string} href */
function shortOf(kind, href) {
  const { protocol, pathname, host, port } = new URL(href);
  if (kind === 'path') return pathname;
  return kind === 'port' ? `:${port || (protocol === 'https:' ? 443 : 80)}` : host;
}

/** @param {import('../app.js').App} app @param {HTMLButtonElement} button @param {string} text */
async function copy(app, button, text) {
  if (!(await copyText(text))) {
    app.toasts.show('warn', 'This browser does not let the page copy. Mark the text and copy it with the keyboard.');
    return;
  }
  const picture = button.querySelector('svg');
  if (!picture) return;
  setIcon(picture, 'check');
  setTimeout(() => setIcon(picture, 'copy'), COPIED);
}

/** @param {import('../app.js').App} app @param {Route} first @param {(id: number) => void} goTo shows the instance in the list */
export function createRow(app, first, goTo) {
  const { instance_id: id } = first;
  const picture = icon('stopped');
  const name = el('button', { type: 'button', class: 'route-name ellipsis', on: { click: () => goTo(id) } });
  const plainName = el('strong', { class: 'ellipsis' });
  const status = el('span', { class: 'route-status', role: 'img' }, picture);
  const ways = el('ul', { class: 'route-ways', role: 'list' });
  const noWay = el('span', { class: 'hint', text: 'No way in' });
  const target = el('span', { class: 'mono' });
  const generation = el('span', { class: 'hint' });
  const open = el('span', {});
  const tunnels = el('span', { class: 'hint' });
  const requests = el('span', {});
  const active = el('span', { class: 'hint' });
  const failures = el('span', {});
  const into = el('span', { class: 'route-bytes' });
  const out = el('span', { class: 'route-bytes' });
  const what = el('span', { class: 'route-what' });
  const when = el('time', { class: 'hint' });
  const request = el('span', { class: 'mono ellipsis' });
  const copyRequest = iconButton('copy', 'Copy the request id', () => void copy(app, copyRequest, request.textContent ?? ''), 'copy');
  const which = el('span', { class: 'route-request' }, request, copyRequest);
  const fault = el('div', { class: 'route-fault' }, when, what, which);
  const none = el('span', { class: 'muted', text: UNKNOWN });
  /** @param {string} column @param {string} label for a card of a phone @param {...Node} rest */
  const cell = (column, label, ...rest) => el('td', { class: `r-${column}`, data: { label } }, ...rest);
  const element = el(
    'tr',
    { data: { route: id } },
    cell('name', 'Instance', el('span', { class: 'route-who' }, status, app.tools.solo ? plainName : name)),
    cell('ways', 'Ways in', ways, noWay),
    cell('target', 'Leads to', target, generation),
    cell('open', 'Open', open, tunnels),
    cell('requests', 'Requests', requests, active),
    cell('failures', 'Failed', failures),
    cell('traffic', 'Traffic', into, out),
    cell('error', 'Last failure', fault, none),
  );
  let shownWays = '';

  /** @param {Route} route */
  function renderWays(route) {
    const list = waysOf(route, document.baseURI);
    show(noWay, list.length === 0);
    const key = JSON.stringify([route.name, list]);
    if (key === shownWays) return;
    shownWays = key;
    ways.replaceChildren(
      ...list.map(({ kind, address, href }) => {
        const link = el('a', { class: 'route-address mono', href, target: '_blank', rel: 'noopener', title: href, text: shortOf(kind, href) });
        const button = iconButton('copy', `Copy ${address}, a way in to ${route.name}`, () => void copy(app, button, href), 'copy');
        return el('li', {}, el('span', { class: 'route-kind', text: KIND[kind] ?? kind }), link, button);
      }),
    );
  }

  /** @param {Route['last_error']} error */
  function renderError(error) {
    show(fault, Boolean(error));
    show(none, !error);
    setText(none, error === null ? 'None' : UNKNOWN);
    if (!error) return;
    setText(when, `${error.status}, ${ago(error.at)} ago`);
    setAttr(when, 'datetime', error.at);
    setAttr(when, 'title', moment(error.at));
    setText(what, error.detail);
    setAttr(what, 'title', error.detail);
    setText(request, error.request_id);
    setAttr(request, 'title', `Request ${error.request_id}: the server log and the answer name it so`);
  }

  return {
    element,
    /** @param {Route} route */
    render(route) {
      // The list hears of a change at once, this view within two seconds.
      const state = app.instances.get(id)?.data.status ?? route.status;
      setIcon(picture, state);
      element.dataset.status = state;
      setAttr(status, 'aria-label', STATUS_WORD[state] ?? state);
      setAttr(status, 'title', STATUS_WORD[state] ?? state);
      setText(name, route.name);
      setText(plainName, route.name);
      setAttr(name, 'title', `Show ${route.name} in the list`);
      renderWays(route);
      setText(target, route.target ?? 'Nowhere now');
      target.classList.toggle('muted', !route.target);
      setText(generation, route.generation ? `process ${route.generation}` : '');
      setAttr(generation, 'title', route.generation ? `The ${route.generation}. process, or address of one, since AiKore started` : null);
      setText(open, counted(route.connections));
      setAttr(open, 'title', 'Connections to the app, those kept for the next request included');
      setText(tunnels, route.tunnels ? `${route.tunnels} websocket${route.tunnels === 1 ? '' : 's'}` : '');
      setText(requests, counted(route.requests));
      setText(active, route.active ? `${route.active} under way` : '');
      setText(failures, counted(route.failures));
      failures.classList.toggle('route-failed', Boolean(route.failures));
      setText(into, `↓ ${sized(route.bytes_in)}`);
      setAttr(into, 'title', 'From clients');
      setText(out, `↑ ${sized(route.bytes_out)}`);
      setAttr(out, 'title', 'To clients');
      renderError(route.last_error);
    },
  };
}
