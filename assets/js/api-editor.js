// The calls of the editor: texts of an instance's folder, and blueprints. By `request` of api.js, which alone talks to the server.
import { request } from './api.js';

/** @typedef {{ filename: string, origin: 'stock'|'custom' }} From the blueprint a script came from */
/**
 * @typedef {object} Opened a text as the server has it; without a version there is none yet
 * @property {string} content
 * @property {string|null} version
 * @property {boolean} exists
 * @property {number} size
 * @property {string|null} mode
 * @property {string|null} modified
 * @property {From|null} [from]
 * @property {string|null} read_only why it can't be saved: a sentence
 * @property {{ id: number, name: string }|null} [parent] whose folder it is in
 */
/** @typedef {{ ok: boolean, detail: string, note: string|null, version: string, size: number, modified: string|null, restart: { ok: boolean, detail: string }|null }} Saved */
/** @typedef {{ n: number, at: string, by: string, origin: 'saved'|'restored'|'found'|'deleted', size: number, version: string }} Former a text of the past */
/** @typedef {{ line: number, column: number, end_line: number, end_column: number, level: 'error'|'warning'|'info'|'style', code: string|null, message: string, by: string }} Problem */
/** @typedef {{ problems: Problem[], checked_by: string[], note: string|null }} Report */
/** @typedef {{ file_type: string, path: string, exists: boolean, size: number, modified: string|null, named: boolean }} EditableFile */
/** @typedef {import('./types.js').Blueprint & Opened & { origin: 'stock'|'custom', shadows: boolean, shadowed: boolean, used_by: string[] }} ShownBlueprint */
/** @typedef {{ filename: string, shadows: boolean, used_by: string[] }} OwnBlueprint */
/** @typedef {{ filename: string, at: string, by: string }} DeletedBlueprint */

/**
 * Where a text comes from and goes to.
 * @typedef {object} Source
 * @property {string} key tells it from every other: its unsaved edits are kept under it
 * @property {string} name its file's name
 * @property {() => Promise<Opened>} load
 * @property {() => Promise<Opened>} look the same without the content
 * @property {(content: string, version: string|null, restart: boolean) => Promise<Saved>} save
 * @property {() => Promise<Former[]>} history
 * @property {(n: number) => Promise<Former & { content: string }>} former
 * @property {(n: number, version: string|null) => Promise<Saved & { content?: string }>} restore
 * @property {(content: string, signal: AbortSignal) => Promise<Report>} check
 */

/** @param {string} name */
const part = (name) => encodeURIComponent(name);

export const editor = {
  /** @param {number} id @returns {Promise<{ files: EditableFile[], parent: { id: number, name: string }|null }>} */
  files: (id) => request(`api/instances/${id}/file/editable`),
  /** @returns {Promise<{ blueprints: OwnBlueprint[], deleted: DeletedBlueprint[] }>} */
  own: () => request('api/system/blueprints/custom'),
  /** @param {string} filename @param {'stock'|'custom'} origin @returns {Promise<ShownBlueprint>} */
  blueprint: (filename, origin) => request(`api/system/blueprints/${part(filename)}?origin=${origin}`),
  /** @param {string} filename @param {string} content @returns {Promise<{ detail: string, filename: string, shadows: boolean, note: string|null }>} */
  create: (filename, content) => request('api/system/blueprints/custom', { method: 'POST', body: { filename, content } }),
  /** Over what is there, whatever that is; its history keeps that. @param {string} filename @param {string} content @returns {Promise<Saved>} */
  replace: (filename, content) => request(`api/system/blueprints/custom/${part(filename)}`, { method: 'PUT', body: { content } }),
  /** @param {string} filename @param {string} name @returns {Promise<{ filename: string, note: string|null, followed_by: string[] }>} */
  rename: (filename, name) => request(`api/system/blueprints/custom/${part(filename)}/rename`, { method: 'POST', body: { filename: name } }),
  /** @param {string} filename */
  remove: (filename) => request(`api/system/blueprints/custom/${part(filename)}`, { method: 'DELETE' }),
  /** @param {string} filename */
  putBack: (filename) => request(`api/system/blueprints/custom/${part(filename)}/restore`, { method: 'POST' }),
  /** @param {string} filename */
  forget: (filename) => request(`api/system/blueprints/custom/${part(filename)}?forever=true`, { method: 'DELETE' }),
};

/** A text in the folder of an instance. @param {number} id @param {string} path @param {string} [kind] as the calls name it @returns {Source} */
export function instanceText(id, path, kind = 'file') {
  const which = new URLSearchParams({ file_type: kind, path });
  const place = (rest = '') => `api/instances/${id}/file${rest}?${which}`;
  return {
    key: `instance.${id}.${path}`,
    name: path,
    load: () => request(place()),
    look: () => request(`${place()}&content=false`),
    save: (content, version, restart) => request(`${place()}&restart=${restart}`, { method: 'PUT', body: { content, version } }),
    history: async () => (await request(place('/history'))).entries,
    former: (n) => request(place(`/history/${n}`)),
    restore: (n, version) => request(place(`/history/${n}/restore`), { method: 'POST', body: { version } }),
    check: (content, signal) => request(`api/instances/${id}/file/check`, { method: 'POST', body: { content }, signal }),
  };
}

/** The text of a blueprint. @param {string} filename @param {'stock'|'custom'} origin @returns {Source} */
export function blueprintText(filename, origin) {
  const place = (rest = '') => `api/system/blueprints/custom/${part(filename)}${rest}`;
  const load = async () => ({ ...(await editor.blueprint(filename, origin)), exists: true });
  return {
    key: `blueprint.${origin}.${filename}`,
    name: filename,
    load,
    look: load,
    save: (content, version) => request(place(), { method: 'PUT', body: { content, version } }),
    history: async () => (await request(place('/history'))).entries,
    former: (n) => request(place(`/history/${n}`)),
    restore: (n, version) => request(place(`/history/${n}/restore`), { method: 'POST', body: { version } }),
    check: (content, signal) => request('api/system/blueprints/check', { method: 'POST', body: { content }, signal }),
  };
}
