// The calls of the tool that shows what an instance has made.
import { request } from './api.js';

/** @typedef {'image'|'video'|'audio'|'text'|'other'} Kind */
/**
 * @typedef {object} Item
 * @property {string} path from the folder on
 * @property {string} name
 * @property {Kind} kind
 * @property {number} size bytes
 * @property {string} modified
 * @property {string} version changes with the content
 * @property {boolean} shown whether a browser can show it
 * @property {boolean} thumbnail whether there is a small picture of it
 */
/** @typedef {{ items: Item[], next: string|null, total: number, kinds: Partial<Record<Kind, number>>, truncated: boolean, left_out: number, folder: string, exists: boolean, version: string }} Page */
/** @typedef {{ key: string, text: string, cut: boolean }} Text */
/** @typedef {Item & { media_type: string, width: number|null, height: number|null, texts: Text[], preview: Text|null, note: string|null }} About */
/** @typedef {{ kind: string, words: string }} Filter kind: empty for all */

/** @param {number} id @param {string} [rest] */
const outputs = (id, rest = '') => `api/instances/${id}/outputs${rest}`;

/** @param {string} rest @param {number} id @param {Record<string, string>} query */
const address = (id, rest, query) => new URL(`${outputs(id, rest)}?${new URLSearchParams(query)}`, document.baseURI).href;

export const outputsApi = {
  /**
   * A page of the list; null if it is still the one that is known.
   * @param {number} id @param {Filter} filter @param {{ before?: string|null, limit?: number, known?: string|null, signal?: AbortSignal }} [options]
   * @returns {Promise<Page|null>}
   */
  list: (id, { kind, words }, { before, limit = 100, known, signal } = {}) => {
    const query = new URLSearchParams({ limit: String(limit) });
    if (kind) query.set('kind', kind);
    if (words) query.set('q', words);
    if (before) query.set('before', before);
    return request(outputs(id, `?${query}`), { signal, known });
  },
  /** @param {number} id @param {string} path @param {AbortSignal} [signal] @returns {Promise<About>} */
  about: (id, path, signal) => request(outputs(id, `/metadata?${new URLSearchParams({ path })}`), { signal }),
  /** @param {number} id @param {Item} item */
  file: (id, { path, version }) => address(id, '/content', { path, v: version }),
  /** @param {number} id @param {Item} item */
  download: (id, { path }) => address(id, '/content', { path, download: '1' }),
  /** @param {number} id @param {Item} item @param {256|512} size */
  thumbnail: (id, { path, version }, size) => address(id, '/thumbnail', { path, size: String(size), v: version }),
  /** The address of an archive of these. @param {number} id @param {string[]} paths @returns {Promise<{ url: string, count: number, size: number }>} */
  archive: (id, paths) => request(outputs(id, '/archive'), { method: 'POST', body: { paths } }),
  /** @param {number} id @param {string[]} paths @returns {Promise<{ token: string, count: number }>} */
  discard: (id, paths) => request(outputs(id, '/discard'), { method: 'POST', body: { paths } }),
  /** @param {string} token @returns {Promise<{ count: number }>} */
  putBack: (token) => request(`api/discarded/${encodeURIComponent(token)}/restore`, { method: 'POST' }),
};
