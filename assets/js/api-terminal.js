// The calls of the terminals. By `request` and `openSocket` of api.js, which alone talk to the server.
import { openSocket, request } from './api.js';

/** @typedef {{ id: string, name: string, created_at: string, attached: number, program: string|null }} Session `program`: what runs in front of it besides the shell */

/** @param {number} instance @param {string} [id] */
const place = (instance, id) => `api/instances/${instance}/terminals${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;

export const terminals = {
  /** @param {number} instance @returns {Promise<Session[]>} */
  list: (instance) => request(place(instance)),
  /** @param {number} instance @param {{ name?: string, rows?: number, cols?: number }} [wanted] @returns {Promise<Session>} */
  open: (instance, wanted = {}) => request(place(instance), { method: 'POST', body: wanted }),
  /** @param {number} instance @param {string} id @param {string} name @returns {Promise<Session>} */
  rename: (instance, id, name) => request(place(instance, id), { method: 'PUT', body: { name } }),
  /** @param {number} instance @param {string} id */
  end: (instance, id) => request(place(instance, id), { method: 'DELETE' }),
  /** Attaches to a session, from a place of its output on if one is given. @param {number} instance @param {string} id @param {number|null} offset */
  attach: (instance, id, offset) =>
    openSocket(`api/instances/${instance}/terminal?session=${encodeURIComponent(id)}${offset === null ? '' : `&offset=${offset}`}`),
};
