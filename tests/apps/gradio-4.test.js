// The last Gradio 4 (`strip`): its queue is an event stream.
import { until } from '../browser/support/wait.js';
import { olderGradio } from './support/gradio-older.js';

const { changed } = olderGradio(4, []);

changed('arguments that are filled in arrive', { arguments: '--greeting "Good morning"' }, async (page) => {
  await page.locator('#text-name textarea').fill('Ada');
  await page.getByRole('button', { name: 'Greet' }).click();
  await until('the other greeting', async () => (await page.locator('#text-answer textarea').inputValue()) === 'Good morning, Ada!');
});
