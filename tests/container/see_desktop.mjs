// Looks at a desktop in Chromium and types a line into it: node see_desktop.mjs ADDRESS COOKIE LINE. Ends once the screen is there and
// the line has been typed; whether it arrived is seen where the program is.
import { chromium } from 'playwright-core';

const [address, cookie, line] = process.argv.slice(2);
if (!address || !cookie || !line) throw new Error('usage: see_desktop.mjs ADDRESS COOKIE LINE');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  const at = cookie.indexOf('=');
  await page.context().addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: address }]);
  await page.goto(address);
  await page.locator('.line-note[data-state=connected]').waitFor({ state: 'attached', timeout: 20_000 });
  await page.locator('#stage canvas').click({ position: { x: 200, y: 200 } });
  await page.keyboard.type(`${line}\n`);
  // Until the last key is on its way.
  await page.waitForTimeout(500);
} finally {
  await browser.close();
}
