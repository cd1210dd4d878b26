// How each command of the documents is proved. A command that is not here fails the test, and so does a line here that no
// document has. `readme.test.js` does what these lines say.

/**
 * @typedef {object} Runs it is run as it stands, in a folder and beside a server of the test's own
 * @property {'runs'} how
 * @property {RegExp} prints what it prints
 * @property {boolean} [unset] the server has no password yet
 * @property {number} [code] with which it ends, if not with 0
 * @property {Record<string, string>} [with] words that are put in place of others, so that it finds the test's own things
 */
/** @typedef {{ how: 'starts', env?: Record<string, string>, tls?: boolean }} Starts it is run, and a server is there until it is ended */
/** @typedef {{ how: 'make', line: RegExp }} Make a target of the Makefile: `make` says that it would do this */
/** @typedef {{ how: 'elsewhere', file: string, says: string }} Elsewhere another test does it, by this line */
/** @typedef {{ how: 'outside', why: string }} Outside no test can; never in README */
/** @typedef {Runs|Starts|Make|Elsewhere|Outside} Proof */

/** @param {RegExp} prints @param {Omit<Runs, 'how'|'prints'>} [more] @returns {Runs} */
const runs = (prints, more = {}) => ({ how: 'runs', prints, ...more });
/** @param {Omit<Starts, 'how'>} [more] @returns {Starts} */
const starts = (more = {}) => ({ how: 'starts', ...more });
/** @param {RegExp} line @returns {Make} */
const make = (line) => ({ how: 'make', line });
/** @param {string} file @param {string} says @returns {Elsewhere} */
const elsewhere = (file, says) => ({ how: 'elsewhere', file, says });
/** @param {string} why @returns {Outside} */
const outside = (why) => ({ how: 'outside', why });

const LIFE = 'tests/container/life.py';
const composed = elsewhere('tests/container/podman.py', '"-f", str(ROOT / "compose.yaml"), "-f", str(ROOT / "container/compose.cpu.yaml")');
const needsDocker = outside('It needs Docker, or the container of an installation.');
const needsCard = outside('It needs an NVIDIA card.');

/** @type {Readonly<Record<string, Proof>>} */
export const COMMANDS = Object.freeze({
  // The server.
  'aikore': starts(),
  'aikore serve': starts(),
  'AIKORE_TLS=acme AIKORE_ACME_DOMAINS=ai.example.org aikore': starts({ env: { AIKORE_ACME_DIRECTORY: 'https://127.0.0.1:9/directory' }, tls: true }),
  'AIKORE_AUTH_USER_HEADER=Remote-User AIKORE_TRUSTED_PROXIES=172.20.0.2 aikore': starts(),
  'aikore config': runs(/^AIKORE_LISTEN=/m),
  'aikore health': runs(/^ok$/m),
  'aikore setup-link': runs(/\/setup\?token=[\w-]{43}/, { unset: true }),
  'aikore reset-password': runs(/\/setup\?token=[\w-]{43}/),
  'aikore handover': runs(/handed over/),
  'aikore blueprint check <file>… [--strict] [--json]': runs(/"level":/, { code: 1, with: { '<file>…': 'bad.sh my-app.sh', '[--strict]': '--strict', '[--json]': '--json' } }),
  'aikore blueprint check --strict': runs(/0 errors, 0 warnings/, { with: { '--strict': '--strict my-app.sh' } }),
  'aikore blueprint check my-app.sh': runs(/0 errors, 0 warnings/),
  'aikore blueprint check --strict my-app.sh': runs(/0 errors, 0 warnings/),

  // Asking a server. The instance of the test is called ComfyUI.
  'aikore --help': runs(/reset-password/),
  'aikore create --help': runs(/--blueprint|BLUEPRINT/),
  'aikore man': runs(/\.TH aikore/i),
  'aikore restore': elsewhere('tests/integration/backups.rs', 'command.arg("restore").arg(archive)'),
  'aikore ps': runs(/ComfyUI/),
  'aikore ps --json': runs(/"slug":\s*"comfyui"/),
  'aikore events --once': runs(/snapshot/),
  'aikore create hello --name Voices --start --wait': runs(/Voices/),
  'aikore logs voices --lines 20': runs(/./, { with: { voices: 'comfyui' } }),
  'aikore exec voices -- ls': runs(/launch\.sh/, { with: { voices: 'comfyui' } }),
  'aikore exec voices --stdin -- python3 - < check.py': runs(/^42$/m, { with: { voices: 'comfyui', '< check.py': '<<< "print(6 * 7)"' } }),
  'aikore stop voices --wait': runs(/ComfyUI\tstopped/, { with: { voices: 'comfyui' } }),
  'export AIKORE_URL=http://localhost:9000 AIKORE_TOKEN="$TOKEN"': runs(/ComfyUI/, { with: { '"$TOKEN"': '"$TOKEN"; unset AIKORE_CONFIG_DIR; aikore ps' } }),
  'aikore completions bash': runs(/complete /),
  'curl http://localhost:9000/metrics': runs(/aikore_/),

  // Backups.
  'aikore backup': runs(/Saved as \S+\.tar\.gz/),
  'aikore backup --output /mnt/nas/aikore.tar.gz': runs(/Saved as/, { with: { '/mnt/nas/': './' } }),
  'aikore restore --config-dir ./data aikore.tar.gz': runs(/ComfyUI/, { with: { 'aikore restore': 'aikore backup -o aikore.tar.gz && env -u AIKORE_CONFIG_DIR aikore restore --yes' } }),
  'docker compose exec --user abc aikore aikore backup': needsDocker,

  // The Makefile. `make run` is run with the release binary taken as built.
  'make run': starts(),
  'make help': runs(/test-container/),
  'make build': make(/cargo build --release --locked/),
  'make assets': make(/npm run --silent build|installed/),
  'make test': elsewhere('.ci/run', 'make test'),
  'make test-apps': elsewhere('.ci/run', 'make test-apps'),
  'make test-rust': make(/scripts\/test-rust\.sh --profile ci/),
  'make test-blueprints': make(/tests\/blueprints\/run\.sh/),
  'make test-browser': make(/npm run --silent test:browser/),
  'make test-docs': make(/npm run --silent test:docs/),
  'make docs': make(/npm run --silent docs/),
  'make test-container': elsewhere('.ci/run', 'make test-container'),
  'make lint': elsewhere('.github/workflows/test.yml', 'make lint'),
  'make fmt': make(/cargo fmt --all/),
  'make bench': make(/aikore-bench/),
  'make bench BENCH="--quick"': make(/aikore-bench -- --quick/),
  'make bench BENCH="--only get,ws-idle --rounds 9"': make(/aikore-bench -- --only get,ws-idle --rounds 9/),
  'make bench BENCH="--keep first"': make(/aikore-bench -- --keep first/),
  'make up': make(/compose .*up --detach/),
  'make down': make(/compose .*down/),
  'make logs': make(/compose .*logs --follow/),
  'make shell': make(/compose .*exec --user abc aikore bash/),

  // One test of many, for those who work on it.
  'node --test tests/browser/login.test.js': elsewhere('package.json', 'tests/run.mjs --side-by-side 2 tests/browser/*.test.js'),
  'cargo test --profile ci --locked --workspace --test integration trash::': elsewhere('tests/integration/main.rs', 'mod trash;'),
  'tests/blueprints/stock/run.sh my-app': elsewhere('Makefile', './tests/blueprints/stock/run.sh'),

  // The API.
  'curl http://localhost:9000/api/instances/ -H "Authorization: Bearer $TOKEN"': runs(/"slug":"comfyui"/),
  'curl -X PUT http://box:9000/api/instances/1 -H "Authorization: Bearer $TOKEN" \\\n     -H \'Content-Type: application/json\' -d \'{"access": "token"}\'': runs(/"access":"token"/),
  'curl -X POST http://box:9000/api/auth/tokens -H "Authorization: Bearer $TOKEN" \\\n     -H \'Content-Type: application/json\' -d \'{"name": "Ada", "scopes": ["view:comfyui"]}\'': runs(/"token":"ak_/),
  'curl -c jar http://box:9000/api/auth/login -H \'Content-Type: application/json\' -d \'{"password": "…"}\'': runs(/^$/),
  'curl -b jar http://box:9000/api/auth/tokens -H \'Content-Type: application/json\' -H \'Origin: http://box:9000\' \\\n     -d \'{"name": "backup script", "scopes": ["manage"]}\'': runs(/"token":"ak_/, { with: { 'curl -b jar': '$LOGIN; curl -b jar' } }),
  'rm jar': runs(/^$/, { with: { rm: 'touch jar; rm' } }),
  'curl http://box:9000/api/instances/ -H "Authorization: Bearer $TOKEN"': runs(/"slug":"comfyui"/),
  'curl -X POST http://box:9000/api/instances/1/start -H "Authorization: Bearer $TOKEN"': runs(/"desired":"running"/),
  'curl http://box:9000/instance/comfyui/ -H "Authorization: Bearer $TOKEN"': runs(/Hello/),
  'curl http://box:9000/api/auth/tokens -H "Authorization: Bearer $TOKEN"': runs(/"name":"the test"/),
  'curl -X DELETE http://box:9000/api/auth/tokens/1 -H "Authorization: Bearer $TOKEN"': runs(/^$/),
  'curl --unix-socket /config/run/admin.sock http://localhost/api/instances/': runs(/"slug":"comfyui"/),
  "curl 'http://box:9000/api/audit?limit=50' -H \"Authorization: Bearer $TOKEN\"": runs(/"action":"token\.create"/),

  // Backup by hand. What runs in the container is run beside it.
  'docker compose exec --user abc aikore python3 -c "import sqlite3; sqlite3.connect(\'/config/aikore.db\').backup(sqlite3.connect(\'/config/aikore-backup.db\'))"': runs(/^$/, { with: { 'docker compose exec --user abc aikore': '' } }),
  "tar -C config --exclude=./cache --exclude=./tmp --exclude=./run --exclude=./models --exclude='./instances/*/env' \\\n    --exclude=./aikore.db --exclude='./aikore.db-*' -czf aikore-$(date +%F).tar.gz .": runs(/\.\/instances\/ComfyUI\/launch\.sh/, { with: { '.tar.gz .': '.tar.gz . && tar -tzf aikore-*.tar.gz' } }),

  // The container.
  'docker compose up -d': elsewhere(LIFE, 'self.compose("up", "--detach")'),
  'docker compose logs': elsewhere('tests/container/panel.py', 'log()'),
  'docker compose -f compose.yaml -f container/compose.cpu.yaml up -d': composed,
  'docker compose exec aikore aikore handover': elsewhere(LIFE, 'self.box.run("aikore", "handover")'),
  'docker compose exec --user abc aikore aikore config': needsDocker,
  'docker compose exec --user abc aikore aikore reset-password': needsDocker,
  'docker compose -f compose.yaml -f container/compose.cpu.yaml -f compose.dev.yaml up --build': needsDocker,
  'docker run -d --name aikore --restart unless-stopped --gpus all --shm-size 1g --stop-timeout 45 \\\n    -p 9000:9000 -p 19001-19020:19001-19020 -v /srv/aikore:/config -e PUID=1000 -e PGID=1000 aikore:latest': needsDocker,
  'docker compose logs | grep GPU': needsDocker,
  'docker compose pull': needsDocker,
  'docker network inspect': needsDocker,
  'docker network inspect aikore_default': needsDocker,
  'docker build --build-arg WITH_BROWSER=0 …': needsDocker,
  'git pull && docker compose build && docker compose up -d': needsDocker,
  'docker run --rm --gpus all debian:bookworm-slim nvidia-smi': needsCard,
  'docker exec <container> aikore reset-password': needsDocker,
  'docker compose exec aikore nvidia-smi': needsCard,
});
