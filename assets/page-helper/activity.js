// What the app has begun and not finished. While it waits for an answer it is likely to look at `location` when that comes.

// A request that takes longer is one that is held open on purpose.
const LONG = 5000;

const { setTimeout, clearTimeout, performance } = globalThis;
let pending = 0;
let last = 0;
let slowest = 0;
let notice = () => {};

/** @param {() => void} listener called whenever something ends */
export const onEnd = (listener) => (notice = listener);

export const isBusy = () => pending > 0;

/** When something ended last, as `performance.now()` says. */
export const lastEnd = () => last;

/** How long the slowest script took so far: others may take as long. */
export const slowestScript = () => slowest;

/** Something begins; the function to be called at its end. */
export function begin() {
  pending += 1;
  const timer = setTimeout(end, LONG);
  function end() {
    if (!pending || ended) return;
    ended = true;
    pending -= 1;
    clearTimeout(timer);
    mark();
  }
  let ended = false;
  return end;
}

function mark() {
  last = performance.now();
  notice();
}

/** Modules imported by scripts show only when they have come. */
export function watchImports() {
  new PerformanceObserver((list) => {
    for (const entry of /** @type {PerformanceResourceTiming[]} */ (list.getEntries())) {
      if (!['script', 'other', 'link'].includes(entry.initiatorType)) continue;
      slowest = Math.max(slowest, entry.duration);
      mark();
    }
  }).observe({ type: 'resource', buffered: true });
}

/** A script element that was put into the page. @param {Element} element */
export function watchScript(element) {
  const end = begin();
  for (const event of ['load', 'error']) element.addEventListener(event, end, { once: true });
}
