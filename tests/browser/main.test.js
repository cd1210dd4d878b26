// The main job, as somebody does it who sees AiKore for the first time: at a desk, and on a phone.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clocksTick, echoes, helloIsThere, streams, uploads, writesFile } from './support/hello.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** @param {import('./support/stage.js').Visit} visit @param {string} name @param {string} slug */
async function mainJob({ page, dashboard, watch, server }, name, slug) {
  await dashboard.open();
  await page.getByText('No instances yet').waitFor();
  await page.locator('.card').filter({ hasText: 'Gradio demo' }).waitFor();

  await dashboard.create('Hello', name);
  await dashboard.reaches(name, 'started');
  assert.equal(await page.getByText('No instances yet').isVisible(), false);

  // Open it in its own tab and use it.
  const opened = page.context().waitForEvent('page');
  await dashboard.act(dashboard.primary(name));
  const app = await opened;
  await app.bringToFront();
  assert.equal(new URL(app.url()).pathname, `/instance/${slug}/`);
  await helloIsThere(app, name);
  await clocksTick(app);
  await echoes(app, 'Grüße – 你好 <b>');
  await uploads(app, 'random.bin', randomBytes(3_000_000));
  // Chromium calls a body that a script has read to its end aborted, with the app alone too.
  watch.expect(/^failed request: GET \S+\/api\/stream\S+ \(net::ERR_ABORTED\)$/);
  await streams(app);
  const written = await writesFile(app);
  const outputs = join(server.folder, 'outputs', name);
  assert.ok((await readdir(outputs)).includes(written), written);

  await page.bringToFront();

  // Its log: coloured, and growing with each request.
  await dashboard.choose(name, 'Log');
  await dashboard.logShows(/ready http/);
  const before = (await dashboard.logLines()).length;
  await app.request.get(`${server.address}/instance/${slug}/api/echo?mark=grown`);
  await dashboard.logShows(/GET \/api\/echo\?mark=grown/);
  assert.ok((await dashboard.logLines()).length > before, 'more lines');
  if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));

  // Stop it; its address says so and offers to start it, and then becomes the app again.
  watch.expectStatus(503, `/instance/${slug}/`);
  watch.expect(new RegExp(`WebSocket connection to '[^']*/instance/${slug}/ws`), new RegExp(`/instance/${slug}/api/clock .*ERR_INCOMPLETE_CHUNKED`), new RegExp(`ERR_INCOMPLETE_CHUNKED_ENCODING \\(.*/instance/${slug}/api/clock`));
  await dashboard.choose(name, 'Stop');
  await dashboard.reaches(name, 'stopped');
  await app.bringToFront();
  await app.reload();
  await app.locator('.status[data-status=stopped]').waitFor();
  await dashboard.act(app.getByRole('button', { name: 'Start' }));
  await helloIsThere(app, name);
  await dashboard.reaches(name, 'started');
  await app.close();
  await page.bringToFront();

  // To the trash: the folder goes there, the outputs stay.
  await dashboard.choose(name, 'Stop');
  await dashboard.reaches(name, 'stopped');
  await dashboard.choose(name, 'Delete');
  await dashboard.press('Move to the trash');
  await dashboard.row(name).waitFor({ state: 'detached' });
  await page.getByText('No instances yet').waitFor();
  await until('its folder in the trash', () => access(join(server.folder, 'trashcan', name, 'launch.sh')).then(() => true));
  assert.ok((await readdir(outputs)).includes(written), 'the output stays');
}

stage.scene('the main job at a desk', DESK, (visit) => mainJob(visit, 'My First Studio', 'my-first-studio'));

stage.scene('the main job on a phone', PHONE, (visit) => mainJob(visit, 'Pocket', 'pocket'));

stage.scene('every address in a row leads to the app', DESK, async ({ page, dashboard, watch, server }) => {
  const { urls } = await server.createStarted('everywhere');
  await dashboard.open();
  const shown = await dashboard.row('everywhere').locator('.address').filter({ visible: true }).evaluateAll((links) => links.map((link) => /** @type {HTMLAnchorElement} */ (link).href));
  assert.deepEqual(shown, [`${server.address}${urls.path}`, urls.port, urls.host]);
  for (const address of shown) {
    watch.alsoOwn(address);
    const opened = page.context().waitForEvent('page');
    await dashboard.act(dashboard.row('everywhere').locator(`.address[href="${address === shown[0] ? urls.path : address}"]`));
    const app = await opened;
    await app.bringToFront();
    await helloIsThere(app, 'everywhere');
    assert.equal(app.url(), address);
    await echoes(app, `by ${address}`);
    await app.close();
    await page.bringToFront();
  }
});
