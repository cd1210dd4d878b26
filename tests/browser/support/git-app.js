// An app in a git repository, as a blueprint installs it: each version of it says what is installed, and how that goes.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class GitApp {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  static async make() {
    const app = new GitApp(await mkdtemp(join(tmpdir(), 'aik-app-')));
    await app.git('init', '--quiet', '--initial-branch=main');
    await app.publish('1');
    return app;
  }

  /** @param {...string} args */
  async git(...args) {
    const { stdout } = await run('git', ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@localhost', ...args], { cwd: this.folder });
    return stdout.trim();
  }

  /** A version of it; `work` is what its installation does at last. @param {string} version @param {string} [work] */
  async publish(version, work = 'true') {
    const install = `site=$(echo env/lib/python3*/site-packages)\nmkdir -p "$site/thing-${version}.dist-info"\n${work}\n`;
    await writeFile(join(this.folder, 'install.sh'), install);
    await this.git('add', '.');
    await this.git('commit', '--quiet', '--allow-empty', '-m', `Version ${version}`);
    return this.git('rev-parse', 'HEAD');
  }

  get script() {
    return `#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.venv_path = ./env
### AIKORE-METADATA-END ###
set -euo pipefail
source "$AIKORE_LIB/functions.sh"
phase "Fetching the app" 1 3
sync_repo "file://${this.folder}" app
phase "Preparing Python" 2 3
clean_env ./env
if [ ! -e env/done ]; then
  rm -rf env
  python3 -m venv --without-pip env
  phase "Installing packages" 3 3
  bash app/install.sh
  touch env/done
fi
phase_done
exec env/bin/python -m http.server "$WEBUI_PORT" --bind 127.0.0.1
`;
  }

  async remove() {
    await rm(this.folder, { recursive: true, force: true });
  }
}
