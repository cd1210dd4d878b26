// The only module that talks to the server.

/** @typedef {import('./types.js').Instance} Instance */

/** An answer that is not a success; `detail` is a sentence for a person, `field` the member of the request to blame. */
export class ApiError extends Error {
  /**
   * @param {number} status 0: no answer at all @param {string} detail @param {string|null} [field]
   * @param {import('./types.js').Overwritten[]} [conflicts] what somebody else changed meanwhile
   */
  constructor(status, detail, field = null, conflicts = []) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.detail = detail;
    this.field = field;
    /** Seconds until another attempt may succeed, where the server said so. @type {number|null} */
    this.retryAfter = null;
    this.conflicts = conflicts;
    /** What is there now, where a save came too late. @type {{ content: string|null, version: string|null, modified?: string|null }|null} */
    this.present = null;
  }
}

/** Called when the server no longer knows who asks. @type {() => void} */
let onSignedOut = () => {};

/** @param {() => void} callback */
export function whenSignedOut(callback) {
  onSignedOut = callback;
}

/** The sentence to show for anything thrown. @param {unknown} error */
export const sentence = (error) => (error instanceof Error ? error.message : String(error));

/** @param {Response} response */
async function refusal(response) {
  const { status, statusText } = response;
  try {
    const { detail, field, conflicts, present } = await response.json();
    if (typeof detail === 'string' && detail) {
      const error = new ApiError(status, detail, typeof field === 'string' ? field : null, Array.isArray(conflicts) ? conflicts : []);
      error.present = present ?? null;
      error.retryAfter = Number(response.headers.get('Retry-After')) || null;
      return error;
    }
  } catch {
    // Not from AiKore (an outer proxy's HTML, for example): never shown as it is.
  }
  return new ApiError(status, `The server answered ${status}${statusText ? ` (${statusText})` : ''}.`);
}

/**
 * @param {string|URL} url relative to the page
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal, known?: string|null }} [options] known: the version there
 * is already; if it is still the same, the answer is null
 * @returns {Promise<any>}
 */
export async function request(url, { method = 'GET', body, signal, known } = {}) {
  let response;
  try {
    response = await fetch(new URL(url, document.baseURI), {
      method,
      signal,
      cache: 'no-store',
      credentials: 'same-origin',
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(known ? { 'If-None-Match': `"${known}"` } : {}) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'AiKore does not answer. Check that it is running, then try again.');
  }
  if (response.status === 304) return null;
  if (!response.ok) {
    const error = await refusal(response);
    // A wrong password blames its field: that is no session that has ended.
    if (error.status === 401 && !error.field) onSignedOut();
    throw error;
  }
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    throw new ApiError(response.status, 'The server gave an answer this page does not understand. Reload the page.');
  }
}

/** A call of another protocol than ours: its status and its fields, whatever they are. @param {string} url @param {{ method: string, headers: Record<string, string> }} options */
export async function plainly(url, options) {
  try {
    const { ok, status, headers } = await fetch(url, { ...options, cache: 'no-store', credentials: 'same-origin' });
    return { ok, status, headers };
  } catch {
    throw new ApiError(0, 'AiKore does not answer. Check that it is running, then try again.');
  }
}

/**
 * What is shown at an address now: the status (0: no answer at all), the text, and whether AiKore itself says why there is no
 * app, instead of something between.
 * @param {string} url @returns {Promise<{ status: number, text: string, ours: boolean }>}
 */
export async function pageAt(url) {
  try {
    const response = await fetch(url, { cache: 'no-store', credentials: 'same-origin', headers: { Accept: 'text/html' } });
    return { status: response.status, text: await response.text(), ours: response.headers.has('X-Aikore-Answer') };
  } catch {
    return { status: 0, text: '', ours: false };
  }
}

/** Bytes; null took too long to find out. @typedef {{ folder: number|null, environment: number|null, outputs: number|null, log: number|null }} Sizes */

/** @param {number} id @param {string} [rest] */
const instance = (id, rest = '') => `api/instances/${id}${rest}`;

export const api = {
  /** @returns {Promise<Instance[]>} */
  instances: () => request('api/instances/'),
  /** @param {Record<string, unknown>} fields @returns {Promise<Instance>} */
  create: (fields) => request('api/instances/', { method: 'POST', body: fields }),
  /** @param {number} id @param {Record<string, unknown>} fields @returns {Promise<Instance>} */
  update: (id, fields) => request(instance(id), { method: 'PUT', body: fields }),
  /** What a change would do, without doing it. @param {number} id @param {Record<string, unknown>} fields @returns {Promise<import('./types.js').Planned>} */
  plan: (id, fields) => request(instance(id, '?dry_run=true'), { method: 'PUT', body: fields }),
  /** @param {number[]} ids in their order @param {Record<number, string|null>} [groups] @returns {Promise<Instance[]>} */
  arrange: (ids, groups = {}) => request('api/instances/order', { method: 'PUT', body: { ids, groups } }),
  /** @param {number} id @param {{ mode: 'trash'|'permanent', overwrite: boolean, outputs: boolean }} how @returns {Promise<{ ok: boolean, detail: string }>} */
  remove: (id, how) => request(instance(id), { method: 'DELETE', body: how }),
  /** @param {number} id @param {string} name @returns {Promise<Instance>} */
  copy: (id, name) => request(instance(id, '/copy'), { method: 'POST', body: { new_name: name } }),
  /** @param {number} id @param {string} name @param {Record<string, unknown>} [fields] @returns {Promise<Instance>} */
  instantiate: (id, name, fields = {}) => request(instance(id, '/instantiate'), { method: 'POST', body: { ...fields, new_name: name } }),
  /** @param {number} id @returns {Promise<Sizes>} */
  sizes: (id) => request(instance(id, '/size')),
  /** @param {number} id @param {'start'|'stop'|'restart'} verb @returns {Promise<Instance>} */
  control: (id, verb) => request(instance(id, `/${verb}`), { method: 'POST' }),
  /** @returns {Promise<import('./types.js').Blueprints>} */
  blueprints: () => request('api/system/blueprints'),
  /** @returns {Promise<import('./types.js').Info>} */
  info: () => request('api/system/info'),
  /** What persistent mode has to work with. @returns {Promise<import('./types.js').DesktopInfo>} */
  desktop: () => request('api/system/desktop'),
  /** Where a picture of an instance's screen is, as it is now. @param {number} id @param {number} width in px */
  screen: (id, width) => new URL(instance(id, `/screen?width=${width}&at=${Date.now()}`), document.baseURI).href,
  /** What was measured since a moment, in seconds since 1970. @param {number} since @returns {Promise<import('./types.js').Past>} */
  past: (since) => request(`api/system/stats/history?since=${since}`),
  /** @returns {Promise<number[]>} */
  freePorts: async () => (await request('api/system/available-ports')).available_ports ?? [],
};

/** Opens a websocket. @param {string|URL} url relative to the page */
export function openSocket(url) {
  const address = new URL(url, document.baseURI);
  address.protocol = address.protocol.replace('http', 'ws');
  return new WebSocket(address);
}

/** The events' names, as the server sends them. */
const NAMES = ['snapshot', 'resumed', 'instance', 'removed', 'log', 'stats', 'job', 'notice', 'notices_read'];

/**
 * Opens the one event stream. Once it is lost it is closed: when to open a new one is the caller's choice, since browsers
 * wait long or give up.
 * @param {string|null} after the id of the last event heard: the server goes on from there if it can
 * @param {(name: string, data: any, id: string) => void} onEvent
 * @param {() => void} onLost
 */
export function openEvents(after, onEvent, onLost) {
  const url = new URL('api/events', document.baseURI);
  if (after) url.searchParams.set('after', after);
  const source = new EventSource(url);
  for (const name of NAMES) {
    source.addEventListener(name, (event) => {
      const { data, lastEventId } = /** @type {MessageEvent} */ (event);
      onEvent(name, JSON.parse(data), lastEventId);
    });
  }
  source.addEventListener('error', () => {
    source.close();
    onLost();
  });
  return source;
}
