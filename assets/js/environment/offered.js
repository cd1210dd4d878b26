// Which versions of Python, CUDA and torch can be chosen. Asked for when somebody wants to know, and kept for a while.
import { environments } from '../api-environment.js';
import { ApiError } from '../api.js';

/** @typedef {import('../api-environment.js').Offered} Offered */

/** How long an answer is good for, in ms: of the index, and what is known without it. */
const FRESH = { index: 30 * 60_000, offline: 5 * 60_000 };

/** What is offered where the server can't say. @type {Offered} */
const WITHOUT = {
  python: ['3.13', '3.12', '3.11', '3.10'].map((version) => ({ version, here: false })),
  cuda: ['13.0', '12.8', '12.6', '12.4', '12.1', '11.8'].map((version) => ({ cu: `cu${version.replace('.', '')}`, version, fits: null })),
  torch: {},
  source: 'offline',
  driver_cuda: null,
};
/** Of torch nobody knows which CUDA each was built for. */
const TORCH = ['2.9.1', '2.8.0', '2.7.1', '2.6.0', '2.5.1', '2.4.1'];
for (const { cu } of WITHOUT.cuda) WITHOUT.torch[cu] = TORCH;

/** @type {Promise<Offered>|null} */
let asked = null;
let until = 0;

/** The same answer for whoever asks in the meantime. */
export function offered() {
  if (asked && Date.now() < until) return asked;
  until = Infinity;
  asked = environments.offered().then(
    (answer) => {
      until = Date.now() + FRESH[answer.source];
      return answer;
    },
    (error) => {
      // A server that does not have the call says so for good; any other failure may be over the next time.
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 501);
      until = missing ? Date.now() + FRESH.index : 0;
      return WITHOUT;
    },
  );
  return asked;
}

/** As versions are compared, the newest first; they are no texts. @param {string} a @param {string} b */
export function newestFirst(a, b) {
  const [one, other] = [a, b].map((version) => version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0));
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const difference = (other[at] ?? 0) - (one[at] ?? 0);
    if (difference) return difference;
  }
  return 0;
}
