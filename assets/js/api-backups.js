// The calls about backups. By `request` of api.js, which alone talks to the server.
import { request } from './api.js';

/** @typedef {{ name: string, at: string, size: number, reason: 'manual'|'scheduled'|'migration' }} Backup */

/** @param {string} name @param {string} [rest] */
const backup = (name, rest = '') => `api/backups/${encodeURIComponent(name)}${rest}`;

export const backups = {
  /** The newest first. @returns {Promise<Backup[]>} */
  list: () => request('api/backups'),
  /** Begins one, or answers with the one that is being made. @returns {Promise<import('./jobs.js').Job>} */
  create: () => request('api/backups', { method: 'POST' }),
  /** @param {string} name */
  file: (name) => new URL(backup(name, '/download'), document.baseURI).href,
  /** @param {string} name */
  remove: (name) => request(backup(name), { method: 'DELETE' }),
};
