// What a text is written in, by the name of its file.
import { StreamLanguage, json, python, shell, toml, yaml } from '../../vendor/codemirror.js';

/** @typedef {'shell'|'python'|'json'|'yaml'|'toml'|'plain'} Mode */

/** @type {Record<string, Mode>} */
const BY_ENDING = { sh: 'shell', bash: 'shell', env: 'shell', old: 'shell', py: 'python', json: 'json', jsonc: 'json', yaml: 'yaml', yml: 'yaml', toml: 'toml' };

/** @param {string} name @returns {Mode} */
export function modeOf(name) {
  const ending = /\.([^./]+)$/.exec(name.toLowerCase())?.[1] ?? '';
  return BY_ENDING[ending] ?? (name === 'launch_args.txt' ? 'shell' : 'plain');
}

/** Whether bash and shellcheck have a word on it. @param {string} name */
export const isScript = (name) => /\.(sh|bash)(\.old)?$/.test(name.toLowerCase());

/** @param {string} name */
export function languageOf(name) {
  switch (modeOf(name)) {
    case 'shell':
      return StreamLanguage.define(shell);
    case 'python':
      return python();
    case 'json':
      return json();
    case 'yaml':
      return yaml();
    case 'toml':
      return StreamLanguage.define(toml);
    default:
      return [];
  }
}
