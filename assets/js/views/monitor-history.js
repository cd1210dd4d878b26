// What was measured, as columns that grow at their end. No DOM, no fetching.

/** @typedef {import('../types.js').Past} Past */
/** @typedef {import('../types.js').Stats} Stats */
/** @typedef {{ key: string, label: string, unit: string }} Series */

/** @param {number} id @param {number} count of all cards */
const card = (id, count) => (count > 1 ? `GPU ${id}` : 'GPU');

/** The figures of a sample by their keys. @param {Stats} stats @returns {Map<string, number|null>} */
function figures(stats) {
  const values = new Map(/** @type {[string, number|null][]} */ ([['cpu', stats.cpu_percent], ['ram', stats.ram.percent]]));
  for (const gpu of stats.gpus.filter(({ stale }) => !stale)) {
    values.set(`${gpu.uuid} load`, gpu.utilization_percent);
    values.set(`${gpu.uuid} vram`, gpu.vram.percent);
  }
  return values;
}

/** A window of time that moves with the samples. */
export class History {
  /** Seconds since 1970. @type {number[]} */
  at = [];
  /** Each as long as `at`. @type {Map<string, (number|null)[]>} */
  columns = new Map();
  /** Seconds a point stands for. */
  step = 1;

  /** @param {number} span seconds that are kept */
  constructor(span) {
    this.span = span;
  }

  /** Begins anew with what the server remembers. @param {Past} past */
  load(past) {
    this.step = past.step;
    this.at = past.at;
    this.columns = new Map([['cpu', past.cpu], ['ram', past.ram]]);
    for (const gpu of past.gpus) {
      this.columns.set(`${gpu.uuid} load`, gpu.utilization);
      this.columns.set(`${gpu.uuid} vram`, gpu.vram);
    }
  }

  /** One more sample, unless the last point still stands for its time. @param {Stats} stats */
  add(stats) {
    if (stats.at < (this.at.at(-1) ?? 0) + this.step) return;
    const values = figures(stats);
    for (const key of values.keys()) {
      if (!this.columns.has(key)) this.columns.set(key, this.at.map(() => null));
    }
    this.at.push(stats.at);
    for (const [key, column] of this.columns) column.push(values.get(key) ?? null);
    const old = this.at.findIndex((at) => at >= stats.at - this.span);
    if (old <= 0) return;
    this.at.splice(0, old);
    for (const [key, column] of this.columns) {
      column.splice(0, old);
      if (column.every((value) => value === null)) this.columns.delete(key);
    }
  }

  /** @param {string} key @returns {(number|null)[]} */
  column(key) {
    return this.columns.get(key) ?? this.at.map(() => null);
  }
}

/** What can be drawn of a machine with these cards. @param {Stats} stats @returns {Series[]} */
export function seriesOf({ gpus }) {
  const cards = gpus.flatMap(({ id, uuid }) => [
    { key: `${uuid} load`, label: card(id, gpus.length), unit: '%' },
    { key: `${uuid} vram`, label: gpus.length > 1 ? `VRAM ${id}` : 'VRAM', unit: '%' },
  ]);
  return [{ key: 'cpu', label: 'CPU', unit: '%' }, { key: 'ram', label: 'Memory', unit: '%' }, ...cards];
}

/**
 * Points thinned to so many steps of a window of time, each the mean of what was measured in it.
 * @param {number[]} at @param {(number|null)[]} values @param {number} from @param {number} to @param {number} steps
 * @returns {(number|null)[]}
 */
export function thin(at, values, from, to, steps) {
  const sums = new Float64Array(steps);
  const counts = new Uint16Array(steps);
  at.forEach((moment, index) => {
    const value = values[index];
    const step = Math.min(steps - 1, Math.floor(((moment - from) / (to - from)) * steps));
    if (value === null || value === undefined || !(step >= 0)) return;
    sums[step] += value;
    counts[step] += 1;
  });
  return Array.from(sums, (sum, step) => (counts[step] ? sum / counts[step] : null));
}
