// The calls of the tools pane: trash, jobs, audit, settings, login. By `request` of api.js, which alone talks to the server.
import { ApiError, request } from './api.js';

/** @typedef {import('./types.js').Instance} Instance */
/** @typedef {{ name: string, kind: 'instance'|'files', title: string, from: string|null, count: number|null, deleted_at: string, size: number|null, restorable: boolean, why_not: string|null, blueprint: string|null, outputs: boolean }} Trashed */
/** @typedef {{ id: number, at: string, actor: string|null, address: string|null, action: string, target: string|null, detail: string|null, status: number|null }} AuditEntry */
/** @typedef {{ name: string, env: string, value: string|null, source: 'flag'|'environment'|'default', help: string|null }} Setting */
/** @typedef {{ auth: 'password'|'none', via: string, user: string|null, scopes: string[] }} Session */
/** @typedef {{ id: string|number, current: boolean, created_at: string, last_used_at: string|null, expires_at: string|null, address: string|null, agent: string|null }} Visit */
/** @typedef {{ id: string|number, name: string, scopes: string[], created_at: string, last_used_at: string|null, last_used_from: string|null }} Token */
/** @typedef {{ name: string, version: string, license: string, homepage: string|null, text: string }} Part */

/** @param {string|number} name */
const part = (name) => encodeURIComponent(String(name));

export const panel = {
  /** @returns {Promise<Trashed[]>} */
  trash: () => request('api/trash'),
  /** @param {string} entry @param {{ name?: string, blueprint?: string }} [how] @returns {Promise<Instance>} */
  restore: (entry, how = {}) => {
    const query = new URLSearchParams(Object.entries(how).filter(([, value]) => value));
    return request(`api/trash/${part(entry)}/restore${query.size ? `?${query}` : ''}`, { method: 'POST' });
  },
  /** Files that were deleted together. @param {string} entry @returns {Promise<{ count: number }>} */
  putBack: (entry) => request(`api/trash/${part(entry)}/restore`, { method: 'POST' }),
  /** @param {string} entry */
  forget: (entry) => request(`api/trash/${part(entry)}`, { method: 'DELETE' }),
  emptyTrash: () => request('api/trash', { method: 'DELETE' }),

  /** @returns {Promise<import('./jobs.js').Job[]>} */
  jobs: () => request('api/jobs'),
  /** @param {string} id @returns {Promise<import('./jobs.js').Job>} */
  cancelJob: (id) => request(`api/jobs/${part(id)}`, { method: 'DELETE' }),
  /** @param {number|null} before @returns {Promise<{ entries: AuditEntry[], next: number|null }>} */
  audit: (before) => request(`api/audit?${before === null ? '' : `before=${before}&`}limit=100`),

  /** @returns {Promise<Setting[]>} */
  config: () => request('api/system/config'),
  /** Every way in, and what has gone through. @returns {Promise<import('./routes/model.js').Route[]>} */
  routes: () => request('api/system/routes'),
  /** What of other projects is in the dashboard. @returns {Promise<Part[]>} */
  licences: () => request('.aikore/assets/licences.json'),

  /** @returns {Promise<Session>} */
  session: () => request('api/auth/session'),
  /** @returns {Promise<Visit[]>} */
  sessions: () => request('api/auth/sessions'),
  /** @param {string|number} id */
  endSession: (id) => request(`api/auth/sessions/${part(id)}`, { method: 'DELETE' }),
  endOtherSessions: () => request('api/auth/sessions', { method: 'DELETE' }),
  /** @returns {Promise<Token[]>} */
  tokens: () => request('api/auth/tokens'),
  /** @param {string} name @param {string[]} scopes @returns {Promise<{ id: string|number, token: string }>} */
  createToken: (name, scopes) => request('api/auth/tokens', { method: 'POST', body: { name, scopes } }),
  /** @param {string|number} id */
  removeToken: (id) => request(`api/auth/tokens/${part(id)}`, { method: 'DELETE' }),
  /** @param {string} current @param {string} password */
  setPassword: (current, password) => request('api/auth/password', { method: 'PUT', body: { current, password } }),
  logout: () => request('api/auth/logout', { method: 'POST' }),
};

/** Whether the server does not know this call at all. @param {unknown} error */
export const isMissing = (error) => error instanceof ApiError && error.status === 404;
