// axe-core finds nothing serious on any page or dialog, in the dark and in the light. Leaves a picture of each.
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';

const stage = setStage();
for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
    stage.scene(`the dashboard, ${colorScheme}, ${size}`, { ...options, colorScheme }, async (visit) => {
      const { page, dashboard, server } = visit;
      await server.clear();
      await dashboard.open();
      await page.locator('.card').first().waitFor();
      await healthy(visit, 'dashboard empty');

      await server.writeBlueprint('breaks.sh', 'echo "this is the end"; exit 7\n');
      await server.createStarted('running');
      const broken = await server.create('broken', 'breaks.sh');
      await server.api('POST', `instances/${broken.id}/start`);
      await server.create('stopped', 'hello.sh');
      await dashboard.reaches('broken', 'error');
      await dashboard.row('stopped').waitFor();
      await healthy(visit, 'dashboard');

      await dashboard.menu('running');
      await healthy(visit, 'menu');
      await page.keyboard.press('Escape');

      await dashboard.choose('running', 'Log');
      await dashboard.logShows(/ready http/);
      await healthy(visit, 'log');
      if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));

      await dashboard.openCreate();
      await dashboard.act(dashboard.option('Hello'));
      await dashboard.field('Name').fill('a/b');
      await healthy(visit, 'create dialog with a fault');
      await dashboard.press('Cancel');

      for (const label of ['Edit', 'Delete']) {
        await dashboard.choose('stopped', label);
        await dashboard.dialog.waitFor();
        await healthy(visit, `${label} dialog`);
        await dashboard.press('Cancel');
      }
    });

    stage.scene(`the pages in place of an app, ${colorScheme}, ${size}`, { ...options, colorScheme }, async (visit) => {
      const { page, watch, server } = visit;
      await server.clear();
      await server.writeBlueprint('breaks.sh', 'printf "\\e[31mthis\\e[0m is the \\e[90mend\\e[0m\\n"; exit 7\n');
      await server.writeBlueprint('slow.sh', 'source "$AIKORE_LIB/functions.sh"; phase "Taking its time" 2 5; sleep 600\n');
      for (const [name, blueprint] of [['broken', 'breaks.sh'], ['busy', 'slow.sh']]) {
        const { id } = await server.create(name, blueprint);
        await server.api('POST', `instances/${id}/start`);
      }
      await server.create('resting', 'hello.sh');
      watch.expectStatus(502);
      // The question under way when the page is left.
      watch.expect(/^failed request: GET \S+\/state \(net::ERR_ABORTED\)$/);
      watch.expectStatus(503);
      watch.expectStatus(404, '/instance/none-such/');
      for (const [slug, sign] of [
        ['broken', '.status[data-status=error]'],
        ['busy', '.page-progress'],
        ['resting', '.status[data-status=stopped]'],
        ['none-such', 'h1'],
      ]) {
        await page.goto(`${server.address}/instance/${slug}/`);
        await page.locator(sign).waitFor();
        await healthy(visit, `page of ${slug}`);
      }
    });
  }
}
