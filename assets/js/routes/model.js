// Every way in and what has gone through it: as the server tells it, in words and in an order. Pure.
import { bytes } from '../format.js';

/** @typedef {{ kind: 'path'|'port'|'host', address: string }} Way an address: below this page, or in full */
/** @typedef {{ at: string, status: number, detail: string, request_id: string }} LastError */
/**
 * What an older server does not count is missing.
 * @typedef {object} Route
 * @property {number} instance_id
 * @property {string} name
 * @property {string} slug
 * @property {import('../types.js').Status} status
 * @property {string} mode
 * @property {string|null} path
 * @property {number|null} port
 * @property {string|null} hostname
 * @property {string|null} target null: nowhere now
 * @property {Way[]} [ways]
 * @property {number|null} [generation]
 * @property {number} [connections] to the app, open now
 * @property {number} [tunnels] websockets, open now
 * @property {number} [requests]
 * @property {number} [failures] requests that no app answered
 * @property {number} [active] requests under way
 * @property {number} [bytes_in] from clients
 * @property {number} [bytes_out] to clients
 * @property {LastError|null} [last_error]
 */

/** What nobody counted. */
export const UNKNOWN = '–';

/** @param {number|null|undefined} count */
export const counted = (count) => (typeof count === 'number' ? String(count) : UNKNOWN);

/** @param {number|null|undefined} size */
export const sized = (size) => (typeof size === 'number' ? bytes(size) : UNKNOWN);

/** Every address, as a browser at this page would open it. @param {Route} route @param {string} base the page @returns {(Way & { href: string })[]} */
export function waysOf({ ways, path, port, hostname }, base) {
  const { protocol, hostname: here, port: own } = new URL(base);
  const told = ways ?? [
    ...(path ? [{ kind: /** @type {const} */ ('path'), address: path }] : []),
    ...(port ? [{ kind: /** @type {const} */ ('port'), address: `${protocol}//${here}:${port}/` }] : []),
    ...(hostname ? [{ kind: /** @type {const} */ ('host'), address: `${protocol}//${hostname}${own ? `:${own}` : ''}/` }] : []),
  ];
  return told.map((way) => ({ ...way, href: new URL(way.address, base).href }));
}

/** What a search looks at. @param {Route} route @param {string} base */
export function textOf(route, base) {
  const { name, slug, status, target, last_error } = route;
  return [name, slug, status, target, ...waysOf(route, base).map(({ address }) => address), last_error?.status, last_error?.detail, last_error?.request_id].filter(Boolean).join(' ').toLowerCase();
}

/** What there is to sort by; what nobody counted is ''. @type {Readonly<Record<string, (route: Route) => string|number>>} */
export const KEYS = Object.freeze({
  name: ({ name }) => name,
  target: ({ target }) => target ?? '',
  open: ({ connections, tunnels }) => (connections === undefined && tunnels === undefined ? '' : (connections ?? 0) + (tunnels ?? 0)),
  requests: ({ requests }) => requests ?? '',
  failures: ({ failures }) => failures ?? '',
  traffic: ({ bytes_in, bytes_out }) => (bytes_in === undefined && bytes_out === undefined ? '' : (bytes_in ?? 0) + (bytes_out ?? 0)),
  error: ({ last_error }) => (last_error ? Date.parse(last_error.at) : ''),
});

/** @typedef {{ by: string, down: boolean }} Sort */

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** In the server's own order where nothing is chosen. @param {readonly Route[]} routes @param {Sort|null} sort */
export function sorted(routes, sort) {
  const key = sort && KEYS[sort.by];
  if (!sort || !key) return [...routes];
  return routes.toSorted((a, b) => {
    const [one, other] = [key(a), key(b)];
    // What has nothing there stands last either way.
    if ((one === '') !== (other === '')) return one === '' ? 1 : -1;
    const ascending = typeof one === 'number' && typeof other === 'number' ? one - other : collator.compare(String(one), String(other));
    return sort.down ? -ascending : ascending;
  });
}

/** What a click on a head makes of the order: words upwards first, figures downwards; then the other way; then none. @param {Sort|null} sort @param {string} by @returns {Sort|null} */
export function turned(sort, by) {
  const first = by !== 'name' && by !== 'target';
  if (sort?.by !== by) return { by, down: first };
  return sort.down === first ? { by, down: !first } : null;
}
