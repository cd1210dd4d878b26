// The calls about what is in an instance's environment. By `request` of api.js, which alone talks to the server.
import { request } from './api.js';

/** @typedef {{ name: string, version: string, key: boolean }} Package */
/** @typedef {{ text: string, remedy: string|null }} Conflict */

/**
 * What the last check found. Without a check since the server came up there is only `job`.
 * @typedef {object} Versions
 * @property {string|null} job the check that is under way
 * @property {string} [checked_at]
 * @property {{ kind: 'venv'|'conda', path: string, version: string|null }|null} [environment]
 * @property {string|null} [python]
 * @property {string|null} [torch]
 * @property {string|null} [cuda]
 * @property {string|null} [rocm]
 * @property {string|null} [nvcc]
 * @property {{ version: string, cuda: string|null }|null} [driver]
 * @property {{ id: number, name: string, vram_total: number }[]} [gpus]
 * @property {string|null} [gpu_note]
 * @property {Package[]} [packages]
 * @property {Conflict[]} [conflicts]
 * @property {string|null} [conflicts_by]
 * @property {string|null} [note]
 * @property {string} [text]
 */

export const versions = {
  /** @param {number} id @returns {Promise<Versions>} */
  last: (id) => request(`api/instances/${id}/versions`),
  /** @param {number} id @returns {Promise<import('./jobs.js').Job>} */
  check: (id) => request(`api/instances/${id}/version-check?async=true`, { method: 'POST' }),
  /** @param {string} id @returns {Promise<import('./jobs.js').Job>} */
  job: (id) => request(`api/jobs/${encodeURIComponent(id)}`),
  /** @param {string} id @returns {Promise<import('./jobs.js').Job>} */
  cancel: (id) => request(`api/jobs/${encodeURIComponent(id)}`, { method: 'DELETE' }),
};
