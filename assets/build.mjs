// Assembles everything the browser gets into assets/dist (git-ignored, embedded in the binary):
// the dashboard's ES modules joined into what the page begins with and the parts that are loaded when they are needed, CSS
// joined; then addresses that change with the content, and every file packed.
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { stamp } from './build/addresses.mjs';
import { buildJoined } from './build/joined.mjs';
import { pack } from './build/packed.mjs';
import { isSame } from './build/same.mjs';
import { constructedSheets } from './build/sheets.mjs';
import { writeLicences } from './licences.mjs';

const source = dirname(fileURLToPath(import.meta.url));
const target = join(source, 'dist');
const draft = join(source, `.dist-${process.pid}`);

/** What the dashboard's page begins with. */
const ENTRY = 'js/main.js';

/** Copies one file or folder of the source into the draft. @param {string} name */
const copy = (name) => cp(join(source, name), join(draft, name), { recursive: true });

/** What every build of ours shares. */
const COMMON = /** @type {const} */ ({ bundle: true, minify: true, logLevel: 'warning' });

await rm(draft, { recursive: true, force: true });
await mkdir(draft, { recursive: true });
try {
  await Promise.all(['index.html', 'pages', 'img'].map(copy));
  // The dashboard: a browser that has to ask for a hundred modules is a while at it, even beside the server. What is loaded
  // later (tools, editors, terminals) stays apart, and what several parts need is there once (assets/build/joined.mjs).
  const dashboard = await buildJoined({ ...COMMON, absWorkingDir: source, outdir: draft, target: 'es2022', legalComments: 'inline', plugins: [constructedSheets] }, ENTRY, 'js/parts');
  // The pages before the login, and in an app's place: one file each, since what the dashboard is made of is behind the login.
  const pages = await build({
    ...COMMON,
    absWorkingDir: source,
    entryPoints: ['desktop', 'docs', 'instance', 'login', 'setup'].map((name) => `js/pages/${name}.js`),
    outdir: join(draft, 'pages'),
    format: 'esm',
    target: 'es2022',
    metafile: true,
  });
  await writeLicences([dashboard, pages.metafile], join(draft, 'licences.json'), source);
  // Classic scripts: one is put first into the pages of apps that don't know their prefix, the others into the dashboard.
  await build({
    ...COMMON,
    entryPoints: {
      'page-helper': join(source, 'page-helper/main.js'),
      recover: join(source, 'page-helper/dashboard.js'),
      'js/first': join(source, 'js/first.js'),
      'js/theme': join(source, 'js/theme.js'),
    },
    outdir: draft,
    format: 'iife',
    target: 'es2022',
  });
  await build({ ...COMMON, entryPoints: [join(source, 'css/app.css'), join(source, 'css/page.css')], outdir: join(draft, 'css') });
  // Beside its page: whoever was let in to one instance only gets it too.
  await build({ ...COMMON, entryPoints: [join(source, 'css/desktop.css'), join(source, 'css/docs.css')], outdir: join(draft, 'pages') });
  await stamp(draft);
  await pack(draft);
  if (!(await isSame(draft, target))) {
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  }
} finally {
  await rm(draft, { recursive: true, force: true });
}
