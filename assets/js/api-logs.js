// The calls of the logs: an instance's, and the server's own.
import { request } from './api.js';

/** @typedef {{ number: number, run: string, started_at: string|null, ended_at: string|null, exit: import('./types.js').Exit|null, start: number, size: number, lost: number }} KeptRun */
/** @typedef {import('./logs/stream.js').Plan} Plan */

/** @param {string} path @param {Record<string, unknown>} query */
function address(path, query) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

/** @param {string} path @param {Record<string, unknown>} query */
function socketAddress(path, query) {
  const url = address(path, query);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

/** @param {number} id */
export const logOf = (id) => ({
  /** @param {Plan & { window: number }} plan */
  socket: (plan) => socketAddress(`api/instances/${id}/logs/follow`, plan),
  /** @returns {Promise<KeptRun[]>} */
  runs: () => request(`api/instances/${id}/logs/runs`),
  /** @param {string} [run] */
  file: (run) => address(`api/instances/${id}/logs`, { download: true, run }).href,
});

export const ownLog = {
  /** @param {Plan & { window: number }} plan */
  socket: (plan) => socketAddress('api/system/log/follow', plan),
  ask: () => request(`api/system/log?offset=${Number.MAX_SAFE_INTEGER}`),
  file: () => address('api/system/log', { download: true }).href,
};
