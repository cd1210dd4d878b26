// The calls about the files of a folder: an instance's own, or the shared models.
import { request } from './api.js';

/** Which folder: an instance's, or without one the models. @typedef {{ id: number|null }} Place */
/** @typedef {'folder'|'file'|'link'|'other'} Kind link: it leads nowhere, or out of the folder */
/** @typedef {{ name: string, kind: Kind, size: number, modified: string|null, link: boolean }} Entry */
/** @typedef {{ path: string, entries: Entry[], truncated: boolean }} Listing */

/** @param {Place} place @param {string} [rest] */
const at = ({ id }, rest = '') => `${id === null ? 'api/models/files' : `api/instances/${id}/files`}${rest}`;

export const files = {
  /** @param {Place} place @param {string} path @param {AbortSignal} signal @returns {Promise<Listing>} */
  list: (place, path, signal) => request(at(place, `?path=${encodeURIComponent(path)}`), { signal }),
  /** @param {Place} place @param {string} path */
  address: (place, path) => new URL(at(place, `/content?path=${encodeURIComponent(path)}`), document.baseURI).href,
  /** @param {Place} place @param {string} path */
  makeFolder: (place, path) => request(at(place, '/folder'), { method: 'POST', body: { path } }),
  /** @param {Place} place @param {string} from @param {string} to */
  rename: (place, from, to) => request(at(place, '/rename'), { method: 'POST', body: { from, to } }),
  /** @param {Place} place @param {string[]} paths @returns {Promise<{ token: string, count: number }>} */
  discard: (place, paths) => request(at(place, '/discard'), { method: 'POST', body: { paths } }),
  /** @param {string} token @returns {Promise<{ count: number }>} */
  putBack: (token) => request(`api/discarded/${encodeURIComponent(token)}/restore`, { method: 'POST' }),
  /** Where uploads begin. @param {Place} place */
  uploads: (place) => new URL(at(place, '/uploads'), document.baseURI).href,
};
