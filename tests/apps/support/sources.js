// An app of one's own, as somebody brings it: a git repository, reached by an address.
import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const run = promisify(execFile);
// Whoever runs the tests may have settings of their own.
const GIT = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_AUTHOR_NAME: 'Studio', GIT_AUTHOR_EMAIL: 'studio@localhost', GIT_COMMITTER_NAME: 'Studio', GIT_COMMITTER_EMAIL: 'studio@localhost' };

/** @typedef {import('../../browser/support/server.js').Server} Server */

/** A folder becomes a repository with one commit. @param {string} folder */
export async function commit(folder) {
  const git = (/** @type {string[]} */ ...args) => run('git', ['-C', folder, ...args], { env: { ...process.env, ...GIT } });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=As it is');
  return pathToFileURL(folder).href;
}

/** A fixture's address as a repository, which lies beside the server's folders. @param {Server} server @param {string} name */
export async function repository(server, name) {
  const folder = join(server.folder, 'sources', name);
  await mkdir(join(server.folder, 'sources'), { recursive: true });
  await cp(join(FIXTURES, name), folder, { recursive: true });
  return commit(folder);
}
