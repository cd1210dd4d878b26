// The blueprint of docs/blueprints.md, as its reader makes it: it starts as it stands, then with the input of the second step.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server } from '../browser/support/server.js';
import { parts, read } from './support/markdown.js';

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
