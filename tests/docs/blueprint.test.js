// The blueprint of docs/blueprints.md, as its reader makes it: it starts as it stands, with the input of the second step, and by hand as
// blueprints/README.md says.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePorts } from '../browser/support/ports.js';
import { Server } from '../browser/support/server.js';
import { until } from '../browser/support/wait.js';
import { parts, read, ROOT } from './support/markdown.js';

/** @type {Server} */
let server;
before(async () => (server = await Server.start({ pool: 2 })));
after(() => server?.stop());

const [first, param, use] = parts(read('docs/blueprints.md')).blocks.filter(({ language }) => language === 'bash').map(({ lines }) => `${lines.join('\n')}\n`);

/** @param {string} slug */
const page = async (slug) => {
  const answer = await fetch(`${server.address}/instance/${slug}/`);
  assert.equal(answer.status, 200);
  return answer.text();
};

test('it starts, and shows what is in its output folder', async () => {
  await mkdir(join(server.folder, 'outputs/Shelf'), { recursive: true });
  await writeFile(join(server.folder, 'outputs/Shelf/a poem.txt'), 'roses');
  await server.writeBlueprint('shelf.sh', first);
  const { slug } = await server.createStarted('Shelf', 'shelf.sh');
  assert.match(await page(slug), /a%20poem\.txt/);
});

test('with the input, it shows the folder that a person names', async () => {
  const script = first
    .replace('### AIKORE-METADATA-END', () => `${param}### AIKORE-METADATA-END`)
    .replace('mkdir -p "$INSTANCE_OUTPUT_DIR"\n', () => use)
    .replace('--directory "$INSTANCE_OUTPUT_DIR"', () => '--directory "$folder"');
  await server.writeBlueprint('shelf-2.sh', script);
  await mkdir(join(server.folder, 'outputs/Shelf 2/poems'), { recursive: true });
  await writeFile(join(server.folder, 'outputs/Shelf 2/poems/roses.txt'), 'red');
  const { id } = await server.api('POST', 'instances/', { name: 'Shelf 2', base_blueprint: 'shelf-2.sh', params: { folder: 'poems' } });
  await server.api('POST', `instances/${id}/start`);
  const { slug } = await server.reach(id, 'started');
  assert.match(await page(slug), /roses\.txt/);
});

test('by hand, without a server', async () => {
  const block = parts(read('blueprints/README.md')).blocks.findLast(({ language }) => language === 'bash')?.lines.join('\n') ?? '';
  const place = await mkdtemp(join(tmpdir(), 'aik-hand-'));
  const [port] = await freePorts(1);
  await writeFile(join(place, 'my-app.sh'), first);
  /** @type {Record<string, string>} */
  const mine = { '/tmp/try': join(place, 'try'), '.../my-app.sh': join(place, 'my-app.sh'), '.../blueprints': join(ROOT, 'blueprints'), 'WEBUI_PORT=9999': `WEBUI_PORT=${port}` };
  let line = block;
  for (const [word, here] of Object.entries(mine)) {
    assert.ok(line.includes(word), `it says nothing of ${word}`);
    line = line.replaceAll(word, here);
  }
  const child = spawn('bash', ['-euc', line], { cwd: place, stdio: 'ignore', detached: true });
  try {
    await until('its page', async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
  } finally {
    // The shell and the app it waits for.
    if (child.pid) process.kill(-child.pid, 'SIGTERM');
    await new Promise((ended) => child.on('close', ended));
    await rm(place, { recursive: true, force: true });
  }
});
