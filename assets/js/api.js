// The only module that talks to the server.

/** @typedef {import('./types.js').Instance} Instance */

/** An answer that is not a success; `detail` is a sentence for a person, `field` the member of the request to blame. */
export class ApiError extends Error {
  /** @param {number} status 0: no answer at all @param {string} detail @param {string|null} [field] */
  constructor(status, detail, field = null) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.detail = detail;
    this.field = field;
  }
}

/** The sentence to show for anything thrown. @param {unknown} error */
export const sentence = (error) => (error instanceof Error ? error.message : String(error));

/** @param {Response} response */
async function refusal(response) {
  const { status, statusText } = response;
  try {
    const { detail, field } = await response.json();
    if (typeof detail === 'string' && detail) return new ApiError(status, detail, typeof field === 'string' ? field : null);
  } catch {
    // Not from AiKore (an outer proxy's HTML, for example): never shown as it is.
  }
  return new ApiError(status, `The server answered ${status}${statusText ? ` (${statusText})` : ''}.`);
}

/**
 * @param {string|URL} url relative to the page
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export async function request(url, { method = 'GET', body, signal } = {}) {
  let response;
  try {
    response = await fetch(new URL(url, document.baseURI), {
      method,
      signal,
      cache: 'no-store',
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'AiKore does not answer. Check that it is running, then try again.');
  }
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    throw new ApiError(response.status, 'The server gave an answer this page does not understand. Reload the page.');
  }
}

/** @param {number} id @param {string} [rest] */
const instance = (id, rest = '') => `api/instances/${id}${rest}`;

export const api = {
  /** @returns {Promise<Instance[]>} */
  instances: () => request('api/instances/'),
  /** @param {Record<string, unknown>} fields @returns {Promise<Instance>} */
  create: (fields) => request('api/instances/', { method: 'POST', body: fields }),
  /** @param {number} id @param {Record<string, unknown>} fields @returns {Promise<Instance>} */
  update: (id, fields) => request(instance(id), { method: 'PUT', body: fields }),
  /** @param {number} id @param {{ mode: 'trash'|'permanent', overwrite: boolean, outputs: boolean }} how @returns {Promise<{ ok: boolean, detail: string }>} */
  remove: (id, how) => request(instance(id), { method: 'DELETE', body: how }),
  /** @param {number} id @param {string} name @returns {Promise<Instance>} */
  copy: (id, name) => request(instance(id, '/copy'), { method: 'POST', body: { new_name: name } }),
  /** @param {number} id @param {string} name @returns {Promise<Instance>} */
  instantiate: (id, name) => request(instance(id, '/instantiate'), { method: 'POST', body: { new_name: name } }),
  /** @param {number} id @returns {Promise<Instance>} */
  rebuild: (id) => request(instance(id, '/rebuild'), { method: 'POST' }),
  /** @param {number} id @returns {Promise<{ folder: number|null, environment: number|null, outputs: number|null, log: number|null }>} */
  sizes: (id) => request(instance(id, '/size')),
  /** @param {number} id @param {'start'|'stop'|'restart'} verb @returns {Promise<Instance>} */
  control: (id, verb) => request(instance(id, `/${verb}`), { method: 'POST' }),
  /** @param {number} id @param {number} offset @param {string|null} run @param {AbortSignal} [signal] @returns {Promise<import('./types.js').LogPart>} */
  log: (id, offset, run, signal) => request(instance(id, `/logs?offset=${offset}${run ? `&run=${encodeURIComponent(run)}` : ''}`), { signal }),
  /** @param {number} id */
  logFile: (id) => new URL(instance(id, '/logs?download=true'), document.baseURI).href,
  /** @returns {Promise<import('./types.js').Blueprints>} */
  blueprints: () => request('api/system/blueprints'),
  /** @returns {Promise<import('./types.js').Info>} */
  info: () => request('api/system/info'),
  /** @returns {Promise<number[]>} */
  freePorts: async () => (await request('api/system/available-ports')).available_ports ?? [],
};

/** The events' names, as the server sends them. */
const NAMES = ['snapshot', 'instance', 'removed', 'log', 'stats', 'notice'];

/**
 * Opens the one event stream. Once it is lost it is closed: when to open a new one is the caller's choice, since browsers
 * wait long or give up.
 * @param {(name: string, data: any) => void} onEvent
 * @param {() => void} onLost
 */
export function openEvents(onEvent, onLost) {
  const source = new EventSource(new URL('api/events', document.baseURI));
  for (const name of NAMES) {
    source.addEventListener(name, (event) => onEvent(name, JSON.parse(/** @type {MessageEvent} */ (event).data)));
  }
  source.addEventListener('error', () => {
    source.close();
    onLost();
  });
  return source;
}
