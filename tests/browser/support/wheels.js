// Real wheels, as small as there can be, written without network.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const SCRIPT = `
import json, sys, zipfile
for name, version, tag, requires, files in json.loads(sys.argv[2]):
    info = f"{name}-{version.split('+arch')[0]}.dist-info"
    with zipfile.ZipFile(f"{sys.argv[1]}/{name}-{version}-{tag}.whl", "w") as z:
        for path, text in files.items():
            z.writestr(path, text)
        needs = "".join(f"Requires-Dist: {one}\\n" for one in requires)
        z.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version.split('+arch')[0]}\\n{needs}")
        z.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: {tag}\\n")
        names = [*files, f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"]
        z.writestr(f"{info}/RECORD", "".join(f"{one},,\\n" for one in names))
`;

/** @typedef {[name: string, version: string, tag: string, requires: string[], files: Record<string, string>]} Recipe */

/** What does not go together: `demo` wants another `lib`, and something that is not there. @type {Recipe[]} */
export const AT_ODDS = [
  ['lib', '1.0', 'py3-none-any', [], {}],
  ['demo', '2.5', 'py3-none-any', ['lib>=2', 'missing_one'], {}],
  ['torch', '2.7.0', 'py3-none-any', [], { 'torch/version.py': "__version__ = '2.7.0+cu128'\ncuda = '12.8'\nhip = None\n" }],
];

/** @param {string} folder @param {Recipe[]} recipes */
export async function makeWheels(folder, recipes) {
  await mkdir(folder, { recursive: true });
  await promisify(execFile)('python3', ['-c', SCRIPT, folder, JSON.stringify(recipes)]);
}

/** A script that makes a real environment with what lies in wheels/, and serves. */
export const WITH_VENV = `#!/bin/bash
### AIKORE-METADATA-START ###
# aikore.venv_path = ./env
### AIKORE-METADATA-END ###
set -e
if [ ! -d env ]; then
  python3 -m venv env
  env/bin/python -m pip install --no-index --no-deps --disable-pip-version-check wheels/*.whl
fi
exec env/bin/python -m http.server "$WEBUI_PORT" --bind 127.0.0.1
`;
