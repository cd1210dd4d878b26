// The calls about wheels. By `request` of api.js, but for uploads: only XMLHttpRequest tells how far one is.
import { ApiError, request } from './api.js';

/**
 * A wheel on the shelf.
 * @typedef {object} Wheel
 * @property {string} filename
 * @property {number} size_mb
 * @property {number} size bytes
 * @property {string} created_at
 * @property {string} modified
 * @property {string} cuda_arch
 * @property {string} cuda_ver
 * @property {string} torch_ver
 * @property {string} source_preset
 * @property {string} name
 * @property {string} version
 * @property {string} python
 * @property {string} abi
 * @property {string} platform
 */

/** @typedef {{ filename: string, size: number, size_mb: number, installed: boolean, on_shelf: boolean, misfit: string|null }} Offered */

/** @param {string} name @param {string} [rest] */
const wheel = (name, rest = '') => `api/builder/wheels/${encodeURIComponent(name)}${rest}`;

export const wheels = {
  /** @returns {Promise<Wheel[]>} */
  shelf: () => request('api/builder/wheels'),
  /** @param {string} name */
  remove: (name) => request(wheel(name), { method: 'DELETE' }),
  /** @param {string} name */
  file: (name) => new URL(wheel(name, '/download'), document.baseURI).href,
  /** @param {number} id @returns {Promise<Offered[]>} */
  of: (id) => request(`api/instances/${id}/wheels`),
  /** @param {number} id @param {string[]} filenames */
  choose: (id, filenames) => request(`api/instances/${id}/wheels`, { method: 'POST', body: { filenames } }),
};

/** @param {XMLHttpRequest} call */
function refusal({ status, response }) {
  const detail = response?.detail;
  return new ApiError(status, typeof detail === 'string' && detail ? detail : `The server answered ${status}.`);
}

/**
 * Puts a file on the shelf. Aborting rejects with an AbortError.
 * @param {File} file @param {{ overwrite?: boolean, signal?: AbortSignal, onProgress?: (sent: number) => void }} [how]
 * @returns {Promise<Wheel>}
 */
export function upload(file, { overwrite = false, signal, onProgress } = {}) {
  return new Promise((resolve, reject) => {
    // eslint-disable-next-line no-restricted-globals -- fetch does not tell how far an upload is
    const call = new XMLHttpRequest();
    call.open('PUT', new URL(wheel(file.name, overwrite ? '?overwrite=true' : ''), document.baseURI));
    call.responseType = 'json';
    call.setRequestHeader('Content-Type', 'application/octet-stream');
    call.upload.addEventListener('progress', ({ loaded }) => onProgress?.(loaded));
    call.addEventListener('load', () => (call.status === 201 ? resolve(call.response) : reject(refusal(call))));
    call.addEventListener('error', () => reject(new ApiError(0, 'The upload broke off: AiKore does not answer, or the file has changed. Send it again.')));
    call.addEventListener('abort', () => reject(new DOMException('The upload was cancelled.', 'AbortError')));
    signal?.addEventListener('abort', () => call.abort(), { once: true });
    if (signal?.aborted) call.abort();
    else call.send(file);
  });
}

/** Emits `change` when this page has changed the shelf: whoever shows it looks again. */
export const shelfNews = new EventTarget();
