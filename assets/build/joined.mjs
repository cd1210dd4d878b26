// The dashboard as the browser gets it: what the page begins with is one file, and each part that is loaded later takes from
// that file what both need. (By itself esbuild puts what is shared into files of their own: a dozen requests more before
// anything is to be seen.)
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

/** Where files that are only in memory are found. */
const MEMORY = 'in-memory';
const SHARED = 'shared-by-the-entry';

/**
 * What a file of a build needs before it can run, itself first.
 * @param {import('esbuild').Metafile['outputs']} outputs @param {string} first
 */
function neededAtOnce(outputs, first) {
  const found = new Set([first]);
  for (const file of found) for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === 'import-statement') found.add(path);
  return found;
}

/** How one file names another. @param {string} from @param {string} to */
function address(from, to) {
  const path = relative(dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

/**
 * @param {import('esbuild').BuildOptions & { absWorkingDir: string, outdir: string }} options
 * @param {string} entry such as `js/main.js` @param {string} parts the folder of the files that are loaded later
 * @returns {Promise<import('esbuild').Metafile>}
 */
export async function buildJoined(options, entry, parts) {
  const { absWorkingDir, outdir } = options;
  const split = await build({
    ...options,
    entryPoints: [entry],
    outbase: '.',
    splitting: true,
    chunkNames: `${parts}/[name]-[hash]`,
    format: 'esm',
    metafile: true,
    write: false,
  });
  /** @type {Map<string, string>} */
  const texts = new Map(split.outputFiles.map(({ path, text }) => [path, text]));
  const { outputs } = split.metafile;
  const absolute = (/** @type {string} */ path) => join(absWorkingDir, path);
  const main = join(outdir, entry);
  const first = Object.keys(outputs).find((file) => absolute(file) === main) ?? '';
  const needed = [...neededAtOnce(outputs, first)];
  /** The names under which the one file gives what a shared file gave. @type {Map<string, [own: string, joined: string][]>} */
  const shared = new Map(
    needed.filter((file) => file !== first).map((file, at) => [absolute(file), outputs[file].exports.map((name) => [name, `s${at}_${name}`])]),
  );

  const again = /** @type {const} */ ({ bundle: true, minify: true, logLevel: 'warning', legalComments: 'inline', format: 'esm', target: options.target, absWorkingDir: outdir, outbase: outdir, outdir });
  await build({
    ...again,
    stdin: {
      contents: [`import ${JSON.stringify(main)};`, ...[...shared].map(([file, names]) => `export { ${names.map(([own, joined]) => `${own} as ${joined}`).join(', ')} } from ${JSON.stringify(file)};`)].join('\n'),
      sourcefile: entry,
    },
    outdir: undefined,
    outbase: undefined,
    outfile: main,
    plugins: [inMemory(texts, (file) => (file === main || shared.has(file) ? null : { path: address(main, file), external: true }))],
  });
  await build({
    ...again,
    entryPoints: [...texts.keys()].filter((file) => file !== main && !shared.has(file)),
    entryNames: '[dir]/[name]',
    plugins: [
      inMemory(texts, (file, from) => {
        if (from === '') return null;
        if (file === main) return { path: address(from, main), external: true };
        return shared.has(file) ? { path: file, namespace: SHARED, pluginData: from } : { path: address(from, file), external: true };
      }),
      {
        name: SHARED,
        setup: ({ onLoad }) =>
          onLoad({ filter: /.*/, namespace: SHARED }, ({ path, pluginData }) => ({
            contents: `export { ${(shared.get(path) ?? []).map(([own, joined]) => `${joined} as ${own}`).join(', ')} } from ${JSON.stringify(main)};`,
            pluginData,
            loader: 'js',
          })),
      },
    ],
  });
  return split.metafile;
}

/**
 * Files of a former build as the sources of this one.
 * @param {Map<string, string>} texts by path
 * @param {(file: string, from: string) => import('esbuild').OnResolveResult|null} resolve null: it becomes part of what names it; from: '' for an entry
 * @returns {import('esbuild').Plugin}
 */
const inMemory = (texts, resolve) => ({
  name: MEMORY,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /.*/ }, ({ path, importer, pluginData, resolveDir }) => {
      // What stands in for a shared file speaks for the file that names it.
      const from = typeof pluginData === 'string' ? pluginData : importer;
      const file = path.startsWith('/') ? path : join(dirname(from) || resolveDir, path);
      if (!texts.has(file)) return { errors: [{ text: `${file} is no file of the build` }] };
      return resolve(file, texts.has(from) ? from : '') ?? { path: file, namespace: MEMORY };
    });
    onLoad({ filter: /.*/, namespace: MEMORY }, ({ path }) => ({ contents: texts.get(path), loader: 'js' }));
  },
});
