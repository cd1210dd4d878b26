// What is said of an environment, its trials and its past. Pure.
import { bytes, moment } from '../format.js';

/** @typedef {import('../api-environment.js').State} State */
/** @typedef {import('../api-environment.js').Snapshot} Snapshot */
/** @typedef {import('../api-environment.js').Repository} Repository */
/** @typedef {import('../api-environment.js').Changes} Changes */
/** @typedef {import('../api-environment.js').Kind} Kind */

/** @type {Record<Kind, string>} */
const NOUNS = { update: 'update', rebuild: 'rebuild', rollback: 'way back' };

/** @param {Kind} kind */
export const noun = (kind) => NOUNS[kind] ?? kind;

/** @param {number} count @param {string} one @param {string} [many] */
export const several = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** @param {string} text */
export const capital = (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** As git shows commits to people. @param {string|null} hash */
export const short = (hash) => (hash ? hash.slice(0, 10) : 'none');

/** "5.2 GB, 1.1 GB of it its own". @param {{ size: number|null, own: number|null }} measured */
export function sizeWords({ size, own }) {
  if (size === null) return 'too large to be measured in time';
  if (own === null || own === size) return `${bytes(size)}, all of it its own`;
  return `${bytes(size)}, ${bytes(own)} of it its own`;
}

/** @param {Snapshot} snapshot */
export const nameOf = ({ before, at }) => `before the ${noun(before)} of ${moment(at)}`;

/** What of a former state is there, in a line. @param {Snapshot} snapshot */
export function snapshotWords(snapshot) {
  const { python, packages, has_environment: whole } = snapshot;
  const known = [python ? `Python ${python}` : null, packages ? several(packages, 'package') : null, whole ? sizeWords(snapshot) : null];
  return known.filter(Boolean).join(' · ') || 'no environment';
}

/** How one gets back to it. @param {Snapshot} snapshot */
export function wayBack({ has_environment: whole, packages }) {
  if (whole) return 'Its environment is kept whole and is put back as it was.';
  if (packages) return `Only its list is kept: its environment is made anew by exactly these ${several(packages, 'package')}, which takes as long as an installation.`;
  return 'There was no environment yet: only the code goes back.';
}

/** "12 packages and 1 repository". @param {Changes} changes @returns {string|null} null: nothing */
export function changeWords({ packages, repositories }) {
  const parts = [packages.length ? several(packages.length, 'package') : null, repositories.length ? several(repositories.length, 'repository', 'repositories') : null];
  return parts.filter(Boolean).join(' and ') || null;
}

/** What is being tried. @param {import('../api-environment.js').Trial} trial @param {boolean} runs whether somebody runs with it */
export function trialWords({ kind, state }, runs) {
  const what = noun(kind);
  const One = /^[aeiou]/.test(what) ? `An ${what}` : `A ${what}`;
  if (state === 'asked') return runs ? `${One} is asked for.` : `${One} is asked for: it is done at the next start.`;
  return runs ? `${One} is under way.` : `${One} was begun and is not finished: the next start goes on with it.`;
}

/** How the last one ended, its reason apart. @param {import('../api-environment.js').Last} last */
export function lastWords({ kind, outcome }) {
  const what = noun(kind);
  if (outcome === 'good') return `The ${what} went well.`;
  return outcome === 'undone' ? `The ${what} was undone` : `The ${what} could not be undone completely`;
}

/** @param {Repository} repository */
const repositoryLine = ({ path, branch, commit, changed, subject }) => [path, branch ?? 'no branch', `${short(commit)}${changed ? ' (changed here)' : ''}`, subject ?? ''].filter(Boolean).join('  ');

/** @param {{ from: string|null, to: string|null }} change @param {(value: string|null) => string} [words] */
export const fromTo = ({ from, to }, words = (value) => value ?? 'none') => `${words(from)} → ${words(to)}`;

/**
 * All of it, for a report.
 * @param {State} state @param {{ name: string, version: string|null }} whose
 */
export function asText(state, { name, version }) {
  const { path, kind, python, packages, family, repositories, trial, last, snapshots, same_disk: sameDisk } = state;
  const lines = [
    `Environment of ${name} (AiKore ${version ?? '?'}, ${new Date().toISOString()})`,
    ...(family ? [`It is the environment of ${family.name}.`] : []),
    `Environment: ${path ? `${path} (${kind === 'conda' ? 'conda' : 'venv'})` : 'none'}`,
    ...(path ? [`Python: ${python ?? 'not known'}`, `Size: ${sizeWords(state)}`, `Packages: ${packages ?? 'not known'}`] : []),
    ...(sameDisk ? [] : ["uv's cache is on another file system: nothing is shared with it."]),
    ...(repositories.length ? ['Repositories:', ...repositories.map((one) => `  ${repositoryLine(one)}`)] : []),
    ...(trial ? [`Now: ${noun(trial.kind)}, ${trial.state === 'asked' ? 'asked for' : 'under way'} since ${trial.at}`] : []),
    ...(last ? [`Last: ${noun(last.kind)}, ${last.outcome}, ${last.at}${last.reason ? `: ${last.reason}` : ''}`] : []),
  ];
  if (snapshots.length) lines.push('Earlier states:');
  for (const snapshot of snapshots) {
    lines.push(`  ${snapshot.id}, before the ${noun(snapshot.before)} (${snapshot.at}): ${snapshotWords(snapshot)}${snapshot.has_environment ? '' : ', only its list is kept'}`);
    for (const one of snapshot.repositories) lines.push(`    ${repositoryLine(one)}`);
    for (const change of snapshot.changes.repositories) lines.push(`    then ${change.path}: ${fromTo(change, short)}`);
    for (const change of snapshot.changes.packages) lines.push(`    then ${change.name}: ${fromTo(change)}`);
  }
  return lines.join('\n');
}
