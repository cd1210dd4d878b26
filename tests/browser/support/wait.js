// Waiting for conditions. Nothing in these tests sleeps for a fixed time.
import { setTimeout as pause } from 'node:timers/promises';

const EVERY = 25;

/** @template T @typedef {Exclude<T, false|null|undefined|''|0>} Truthy */

/**
 * Asks again until the answer is truthy, and gives it. A question that throws is not yet answered.
 * @template T
 * @param {string} what for the message when it never is
 * @param {() => T|Promise<T>} question
 * @param {number} [timeout] milliseconds
 * @returns {Promise<Truthy<T>>}
 */
export async function until(what, question, timeout = 10_000) {
  const end = Date.now() + timeout;
  /** @type {unknown} */
  let last;
  do {
    try {
      last = await question();
      if (last) return /** @type {Truthy<T>} */ (last);
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    await pause(EVERY);
  } while (Date.now() < end);
  throw new Error(`After ${timeout} ms there is still not: ${what} (last answer: ${describe(last)})`);
}

/** @param {unknown} value */
function describe(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text && text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** How long something takes, and what it gives. @template T @param {() => Promise<T>} work @returns {Promise<{ value: T, took: number }>} */
export async function timed(work) {
  const begun = performance.now();
  const value = await work();
  return { value, took: performance.now() - begun };
}
