// The calls about an instance's environment: what it is and was, updates and ways back, and which versions there are to
// choose. By `request` of api.js, which alone talks to the server.
import { request } from './api.js';

/** @typedef {import('./types.js').Instance} Instance */
/** @typedef {'update'|'rebuild'|'rollback'} Kind of a trial: a change that holds once the app is ready with it */
/** @typedef {{ path: string, commit: string, branch: string|null, changed: boolean, subject: string|null }} Repository */
/** @typedef {{ name: string, from: string|null, to: string|null }} PackageChange */
/** @typedef {{ path: string, from: string|null, to: string|null }} RepositoryChange */
/** @typedef {{ packages: PackageChange[], repositories: RepositoryChange[] }} Changes */
/** @typedef {{ kind: Kind, state: 'asked'|'under_way', at: string }} Trial */
/** @typedef {{ kind: Kind, outcome: 'good'|'undone'|'failed', at: string, reason: string|null }} Last */

/**
 * A state of the past. `own`: what of its size nothing else shares, which is what pruning frees.
 * @typedef {object} Snapshot
 * @property {string} id
 * @property {string} at
 * @property {Kind} before what was done then
 * @property {string|null} python
 * @property {number|null} size bytes
 * @property {number|null} own bytes
 * @property {boolean} has_environment false: only its list is kept
 * @property {number|null} packages
 * @property {Repository[]} repositories
 * @property {Changes} changes from it to what came after it
 */

/**
 * @typedef {object} State
 * @property {string|null} path
 * @property {'venv'|'conda'|null} kind
 * @property {string|null} python
 * @property {number|null} size bytes
 * @property {number|null} own bytes
 * @property {number|null} packages
 * @property {string|null} locked_at
 * @property {{ id: number, name: string }|null} family whose it is, if not the instance's own
 * @property {Repository[]} repositories
 * @property {Trial|null} trial
 * @property {Last|null} last
 * @property {Snapshot[]} snapshots the newest first
 * @property {boolean} same_disk whether packages can be shared with uv's cache
 */

/** @typedef {{ freed: number, snapshots: { id: string, own: number, what: 'environment'|'all' }[] }} Pruned */

/**
 * What can be chosen, the newest first.
 * @typedef {object} Offered
 * @property {{ version: string, here: boolean }[]} python here: this machine has it
 * @property {{ cu: string, version: string, fits: boolean|null }[]} cuda fits: whether the driver runs it
 * @property {Record<string, string[]>} torch by `cu`
 * @property {'index'|'offline'} source
 * @property {string|null} driver_cuda
 */

/** @param {number} id @param {string} rest */
const instance = (id, rest) => `api/instances/${id}/${rest}`;

export const environments = {
  /** @param {number} id @returns {Promise<State>} */
  state: (id) => request(instance(id, 'environment')),
  /** @param {number} id @returns {Promise<Instance>} */
  update: (id) => request(instance(id, 'update'), { method: 'POST' }),
  /** @param {number} id @returns {Promise<Instance>} */
  rebuild: (id) => request(instance(id, 'rebuild'), { method: 'POST' }),
  /** To a state of the past; while something is tried, that is called off instead. @param {number} id @param {string} [snapshot] @returns {Promise<Instance>} */
  rollback: (id, snapshot) => request(instance(id, 'rollback'), { method: 'POST', body: snapshot ? { snapshot } : undefined }),
  /** @param {number} id @param {{ snapshots?: string[], whole?: boolean, dry_run?: boolean }} how @returns {Promise<Pruned>} */
  prune: (id, how) => request(instance(id, 'environment/prune'), { method: 'POST', body: how }),
  /** @returns {Promise<Offered>} */
  offered: () => request('api/builder/versions'),
};

/** Emits `change` (detail: the id of an instance) when this page has asked for something: without a start there is no event of it. */
export const environmentNews = new EventTarget();

/** @param {number} id */
export const announceChange = (id) => environmentNews.dispatchEvent(new CustomEvent('change', { detail: id }));
