from table import App, Case

# As much of it as listens and tells what it was started with.
SERVER = """import { writeFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import { argv, cwd, env, pid } from 'node:process';

const words = argv.slice(2);
const value = (name) => words[words.indexOf(name) + 1];
createServer((_request, response) => response.end('fake app')).listen(Number(value('--port')), '127.0.0.1', () => {
  writeFileSync(env.STOCK_RECORD + '.part', JSON.stringify({ argv: words, cwd: cwd(), env, pid }));
  renameSync(env.STOCK_RECORD + '.part', env.STOCK_RECORD);
});
"""

PACKAGE = '{ "name": "sillytavern", "version": "1.0.0", "type": "module", "dependencies": {} }\n'
LOCK = '{ "name": "sillytavern", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": { "name": "sillytavern", "version": "1.0.0" } } }\n'

FILES = {"server.js": SERVER, "package.json": PACKAGE, "package-lock.json": LOCK}

APP = App(
    repositories={
        "SillyTavern/SillyTavern": {"README.md": "none\n"},
        "SillyTavern/SillyTavern@release": FILES,
        "SillyTavern/SillyTavern@staging": {**FILES, "staging.txt": ""},
    },
    argv=["--configPath", "{conf}/config.yaml", "--dataRoot", "{conf}/data", "--port", "{port}"],
    env={"SILLYTAVERN_LISTEN": "false", "SILLYTAVERN_WHITELISTMODE": "false"},
    cases=[Case("another branch", {"version": "staging"}, online=True)],
)
