// Assembles everything the browser gets into assets/dist (git-ignored, embedded in the binary):
// our own ES modules copied as they are, third-party modules bundled one file per library, CSS joined.
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = dirname(fileURLToPath(import.meta.url));
const target = join(source, 'dist');
const draft = join(source, `.dist-${process.pid}`);

/** Copies one file or folder of the source into the draft. @param {string} name */
const copy = (name) => cp(join(source, name), join(draft, name), { recursive: true });

/** @param {string} folder @param {string} ending */
const filesOf = async (folder, ending) =>
  (await readdir(join(source, folder))).filter((name) => name.endsWith(ending)).map((name) => join(source, folder, name));

await rm(draft, { recursive: true, force: true });
await mkdir(draft, { recursive: true });
try {
  await Promise.all(['index.html', 'pages', 'js', 'img'].map(copy));
  await build({
    entryPoints: await filesOf('vendor', '.js'),
    outdir: join(draft, 'vendor'),
    bundle: true,
    format: 'esm',
    minify: true,
    legalComments: 'inline',
    logLevel: 'warning',
  });
  // Classic scripts: one is put first into the pages of apps that don't know their prefix, one into the dashboard.
  await build({
    entryPoints: { 'page-helper': join(source, 'page-helper/main.js'), recover: join(source, 'page-helper/dashboard.js') },
    outdir: draft,
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
  });
  await build({
    entryPoints: [join(source, 'css/app.css'), join(source, 'css/page.css')],
    outdir: join(draft, 'css'),
    bundle: true,
    minify: true,
    logLevel: 'warning',
  });
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
} finally {
  await rm(draft, { recursive: true, force: true });
}
