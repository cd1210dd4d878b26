// The calls about notices and who hears of them. By `request` of api.js, which alone talks to the server.
import { request } from './api.js';

/** @typedef {'webhook'|'ntfy'|'discord'} TargetKind */
/**
 * @typedef {object} Target
 * @property {number} id
 * @property {string} name
 * @property {TargetKind} kind
 * @property {string} url without what of it is a secret
 * @property {boolean} has_secret
 * @property {string[]} wants kinds of notices
 * @property {boolean} enabled
 * @property {string|null} last_sent_at
 * @property {string|null} last_error of what was tried last
 * @property {string|null} last_error_at
 */
/** @typedef {{ name: string, kind: TargetKind, url: string, secret?: string|null, wants: string[], enabled: boolean }} TargetFields a secret that is left out stays */

const targets = 'api/notices/targets';

export const noticesApi = {
  /** @returns {Promise<{ notices: import('./notices.js').KeptNotice[], unread: number }>} */
  list: () => request('api/notices'),
  /** @param {{ ids?: number[], up_to?: number }} which @returns {Promise<{ unread: number }>} */
  read: (which) => request('api/notices/read', { method: 'POST', body: which }),
  /** @returns {Promise<Target[]>} */
  targets: () => request(targets),
  /** @param {TargetFields} fields @returns {Promise<Target>} */
  addTarget: (fields) => request(targets, { method: 'POST', body: fields }),
  /** @param {number} id @param {Partial<TargetFields>} fields @returns {Promise<Target>} */
  changeTarget: (id, fields) => request(`${targets}/${id}`, { method: 'PUT', body: fields }),
  /** @param {number} id */
  removeTarget: (id) => request(`${targets}/${id}`, { method: 'DELETE' }),
  /** What the other side says to a notice that says nothing. @param {number} id @returns {Promise<{ ok: boolean, detail: string }>} */
  testTarget: (id) => request(`${targets}/${id}/test`, { method: 'POST' }),
};
