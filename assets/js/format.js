// Figures and words for people. Pure.

/** @typedef {import('./types.js').Instance} Instance */
/** @typedef {import('./types.js').Status} Status */

/** @type {Record<Status, string>} */
export const STATUS_WORD = {
  stopped: 'Stopped',
  starting: 'Starting',
  installing: 'Installing',
  started: 'Started',
  stalled: 'Stalled',
  stopping: 'Stopping',
  error: 'Error',
};

/** How long ago, in one figure: "8 s", "3 min", "2 h", "5 d". @param {string|null|undefined} at @param {number} [now] */
export function ago(at, now = Date.now()) {
  const then = Date.parse(at ?? '');
  if (Number.isNaN(then)) return '';
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** @param {string|null|undefined} at */
export function moment(at) {
  const date = new Date(at ?? '');
  return Number.isNaN(date.valueOf()) ? '' : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** @param {number} bytes */
export function bytes(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** "4.2 / 24 GB": both in the unit of the whole. @param {number} used @param {number} total */
export function share(used, total) {
  const [, unit] = bytes(total).split(' ');
  const power = ['B', 'KB', 'MB', 'GB', 'TB'].indexOf(unit);
  const value = used / 1024 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} / ${bytes(total)}`;
}

/** Load by the same scale everywhere. @param {number} percent */
export const loadLevel = (percent) => (percent >= 90 ? 'bad' : percent >= 70 ? 'busy' : 'calm');

/** A reason with lines of output, in one line: what happened, and the last line. @param {string} reason */
function brief(reason) {
  const [what = '', ...lines] = reason.split('\n').map((line) => line.trim()).filter(Boolean);
  return lines.length ? `${what.replace(/\s*Last output:$/, '')} “${lines.at(-1)}”` : what;
}

/** What is said beside the status word: progress first, then the reason, then the exit. @param {Instance} data */
export function story(data) {
  const { progress, reason, exit, status } = data;
  if (progress?.phase && (status === 'installing' || status === 'starting')) {
    return progress.steps ? `${progress.phase} (${progress.step ?? 1} of ${progress.steps})` : progress.phase;
  }
  if (reason) return brief(reason);
  if (status === 'error' && exit) return exit.signal ? `Ended by signal ${exit.signal}.` : `Ended with exit code ${exit.code}.`;
  return '';
}

/** Percent of a known progress, null if it is not known. @param {Instance} data */
export function percent(data) {
  const { progress } = data;
  if (!progress) return null;
  if (typeof progress.percent === 'number') return Math.min(100, Math.max(0, progress.percent));
  if (progress.steps && progress.step) return Math.min(100, ((progress.step - 1) / progress.steps) * 100);
  return null;
}

/** The public port, whatever the mode. @param {Instance} data */
export const publicPort = (data) => (data.persistent_mode ? data.persistent_port : data.port);

/** The URL form of a name, as the server will most likely make it. @param {string} name */
export function slugOf(name) {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
}

/** What is wrong with a name, or null. The server is the judge; this is only quicker. @param {string} name */
export function nameFault(name) {
  if (!name.trim()) return 'Give it a name.';
  if (name !== name.trim()) return 'No blanks at the beginning or the end.';
  if (/[/\\]/.test(name)) return 'No slashes: the name is also a folder.';
  if (name.startsWith('.')) return 'It cannot begin with a dot.';
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'No control characters.';
  if (new TextEncoder().encode(name).length > 255) return 'Too long: at most 255 bytes.';
  return null;
}

/** The public name of a blueprint. @param {import('./types.js').Blueprint} blueprint */
export const blueprintTitle = (blueprint) => blueprint.name || blueprint.filename.replace(/\.sh$/, '');

/** Where an instance is opened: at its path, unless instances have none here. @param {import('./types.js').Urls} urls */
export const firstWayIn = ({ path, port, host }) => path ?? port ?? host ?? './';
