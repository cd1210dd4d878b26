// The Gradio demo (`strip`; it learns its prefix from GRADIO_ROOT_PATH): every channel a Gradio app has.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chats, greets, measures, queues } from '../browser/support/gradio.js';
import { everyWayIn } from './support/ways.js';

everyWayIn({
  name: 'Gradio demo',
  slug: 'gradio-demo',
  blueprint: 'gradio-demo.sh',
  told: false,
  sockets: [],
  // When its page is left while it asks for something: one time in ten.
  races: [/^console error: AbortError: signal is aborted without reason/],
  async use({ page, address, below }) {
    await page.goto(address);
    assert.equal(page.url(), below);
    await page.getByRole('heading', { name: 'Gradio demo' }).waitFor();
    await greets(page);
    await chats(page);
    await measures(page, randomBytes(3_000_000));
    await queues(page);

    const deep = `${below}?__theme=light`;
    await page.goto(deep);
    await greets(page);
    await page.reload();
    assert.equal(page.url(), deep);
    await greets(page);
  },
});
