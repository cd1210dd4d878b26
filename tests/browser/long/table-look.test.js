// The table as it is to be seen: every kind of row, at a desk and on a phone, dark and light. axe finds nothing serious.
import { DESK, PHONE, setStage } from '../support/stage.js';
import { healthy } from '../support/axe.js';

const stage = setStage();

/** Instances of every kind. @param {import('../support/stage.js').Visit} visit */
async function furnish({ server, dashboard }) {
  if ((await server.api('GET', 'instances/')).length) return;
  await server.writeBlueprint('breaks.sh', 'echo "CUDA out of memory: needed 14.2 GB"; exit 7\n');
  await server.writeBlueprint('slow.sh', 'source "$AIKORE_LIB/functions.sh"; phase "Downloading the weights of the model" 2 5; sleep 600\n');
  const flux = await server.createStarted('Flux studio');
  await server.api('POST', `instances/${flux.id}/instantiate`, { new_name: 'Flux on the second card', gpu_ids: '1' });
  const talk = await server.create('Talk', 'hello.sh');
  const broken = await server.create('A very long name that nobody can read in full', 'breaks.sh');
  const busy = await server.create('Video upscaler', 'slow.sh');
  await server.create('Notebook', 'jupyterlab.sh');
  for (const { id } of [broken, busy]) await server.api('POST', `instances/${id}/start`);
  await server.api('PUT', `instances/${talk.id}`, { hostname: 'talk.lan', use_custom_hostname: true, autostart: true, gpu_ids: '0' });
  await server.api('PUT', 'instances/order', { ids: [], groups: { [flux.id]: 'Pictures', [busy.id]: 'Pictures', [talk.id]: 'Speech' } });
  await dashboard.open();
  await dashboard.reaches('A very long name that nobody can read in full', 'error');
}

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE, narrow: { viewport: { width: 1280, height: 800 } } })) {
    stage.scene(`the table, ${colorScheme}, ${size}`, { ...options, colorScheme, timeout: 120_000 }, async (visit) => {
      const { page, dashboard } = visit;
      await furnish(visit);
      await dashboard.open();
      await dashboard.row('Talk').waitFor();
      await healthy(visit, 'table');
      await dashboard.row('Flux studio').locator('.pick').check();
      await dashboard.row('Talk').locator('.pick').check();
      await healthy(visit, 'table selection');
      if (size !== 'narrow') {
        const bar = page.getByRole('group', { name: 'Selected instances' });
        await dashboard.act(bar.getByRole('button', { name: 'Delete' }));
        await healthy(visit, 'table bulk delete');
        await dashboard.press('Cancel');
        await dashboard.act(bar.getByRole('button', { name: 'Group…' }));
        await healthy(visit, 'table group dialog');
        await dashboard.press('Cancel');
      }
      if (size === 'phone') {
        await dashboard.choose('Video upscaler', 'Edit');
        await dashboard.field('Output folder').fill('pictures/upscaled');
        await healthy(visit, 'table edit dialog');
        await dashboard.press('Save');
        await page.locator('.review-when').first().waitFor();
        await healthy(visit, 'table review');
        await dashboard.press('Cancel');
        await healthy(visit, 'table changes');
        return;
      }
      await page.keyboard.press('Escape');
      await dashboard.type('Talk', 'name', 'Talk to me');
      await dashboard.type('Notebook', 'name', 'a/b');
      await dashboard.cell('Video upscaler', 'blueprint').click();
      await page.locator('.cell-pop .option').first().click();
      await page.keyboard.press('Enter');
      await healthy(visit, 'table changes');
      await page.locator('.view-button').click();
      await healthy(visit, 'table view menu');
      await page.keyboard.press('Escape');
      await dashboard.cell('Talk to me', 'blueprint').click();
      await page.locator('.cell-pop .option').first().waitFor();
      await healthy(visit, 'table blueprint');
      await page.keyboard.press('Escape');
      await dashboard.cell('Talk to me', 'gpus').click();
      await page.locator('.cell-pop .chip').first().waitFor();
      await healthy(visit, 'table gpus');
      await page.keyboard.press('Escape');
      await dashboard.row('Talk to me').locator('.c-address .cell-edit').click();
      await page.locator('.cell-pop').getByLabel('Public port').waitFor();
      await healthy(visit, 'table address');
      await page.keyboard.press('Escape');
      visit.watch.expectStatus(422);
      await dashboard.review();
      await healthy(visit, 'table review');
    });
  }
}
