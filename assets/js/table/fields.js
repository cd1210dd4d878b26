// What can be edited about an instance: how each member is read, named, told in words, and checked.
import { nameFault, publicPort } from '../format.js';

/** @typedef {import('../types.js').Instance} Instance */

/**
 * @typedef {object} Field
 * @property {string} label for people
 * @property {(data: Instance) => unknown} read what it is now; null is the default
 * @property {string} [none] the default in words
 * @property {boolean} [inherited] a satellite has it of its parent
 * @property {(value: any) => string} [words]
 * @property {(value: any) => unknown} [send] what the server gets of a value; nothing is said of what the person saw
 * @property {(value: any) => string|null} [fault] what is wrong with a value, before the server says so
 */

/** @param {boolean} on */
const yesNo = (on) => (on ? 'on' : 'off');

/** @param {string} what @returns {(value: string|null) => string|null} */
const versionFault = (what) => (value) => (value === null || /^[a-z0-9][a-z0-9._+-]{0,31}$/i.test(value) ? null : `“${value}” is not a version such as ${what}.`);

/** @param {string|null|undefined} text */
const orNull = (text) => text || null;

/** What of a blueprint's settings is changed, or what they are. @param {string|import('../types.js').ParamValues} value */
function paramsInWords(value) {
  const values = typeof value === 'string' ? JSON.parse(value) : value;
  const word = (/** @type {unknown} */ one) => (one === null ? 'the default' : typeof one === 'object' ? 'set' : String(one));
  return Object.entries(values).map(([name, one]) => `${name} ${word(one)}`).join(', ') || 'as they come';
}

/** Who may open an instance. @type {Readonly<Record<string, { short: string, words: string }>>} */
export const ACCESS = Object.freeze({
  private: { short: 'whoever may log in', words: 'Whoever may log in' },
  token: { short: 'also by a link with a token', words: 'Also by a link with a token' },
  public: { short: 'anybody who can reach it', words: 'Anybody who can reach it' },
});

/** By the server's names; `port` is the public one in either mode. @type {Readonly<Record<string, Field>>} */
export const FIELDS = Object.freeze({
  name: { label: 'Name', read: (data) => data.name, fault: nameFault },
  base_blueprint: { label: 'Blueprint', read: (data) => data.base_blueprint, inherited: true },
  python_version: { label: 'Python', read: (data) => orNull(data.python_version), none: 'automatic', inherited: true, fault: versionFault('3.12') },
  cuda_version: { label: 'CUDA', read: (data) => orNull(data.cuda_version), none: 'automatic', inherited: true, fault: versionFault('12.8') },
  torch_version: { label: 'PyTorch', read: (data) => orNull(data.torch_version), none: 'automatic', inherited: true, fault: versionFault('2.9.1') },
  output_path: { label: 'Output folder', read: (data) => orNull(data.output_path), none: 'like its name', inherited: true },
  gpu_ids: { label: 'GPUs', read: (data) => orNull(data.gpu_ids), none: 'all' },
  autostart: { label: 'Autostart', read: (data) => data.autostart, words: yesNo },
  persistent_mode: { label: 'Persistent desktop', read: (data) => data.persistent_mode, words: yesNo },
  port: { label: 'Public port', read: publicPort, none: 'automatic' },
  hostname: { label: 'Host name', read: (data) => orNull(data.hostname), none: 'none' },
  use_custom_hostname: { label: 'Use the host name', read: (data) => data.use_custom_hostname, words: yesNo },
  group: { label: 'Group', read: (data) => orNull(data.group), none: 'none', inherited: true },
  restart_policy: { label: 'When it ends by itself', read: (data) => data.restart_policy, words: (policy) => ({ never: 'it stays ended', 'on-failure': 'again after a failure', always: 'again in any case' })[/** @type {string} */ (policy)] ?? policy },
  access: { label: 'Who may open it', read: (data) => data.access, words: (access) => ACCESS[access]?.short ?? access },
  params: { label: 'Settings of the blueprint', read: () => '{}', inherited: true, words: paramsInWords, send: JSON.parse },
  helper: { label: 'Help at its path', read: (data) => data.helper, words: (helper) => (helper === 'off' ? 'off' : 'on') },
});

/** A value in words. @param {string} id @param {unknown} value */
export function inWords(id, value) {
  const field = FIELDS[id];
  if (value === null || value === undefined || value === '') return field?.none ?? 'none';
  return field?.words ? field.words(value) : String(value);
}

/** The field a refusal is about, by the server's name for it. @param {string|null} name */
export function fieldOf(name) {
  if (name === 'persistent_port') return 'port';
  if (name?.startsWith('params.')) return 'params';
  return name && FIELDS[name] ? name : null;
}
