// Libraries that write style elements: the policy of our pages has no 'unsafe-inline'. What they write goes into sheets that
// scripts construct instead, which needs a word changed in their code as it is bundled.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SHEETS = fileURLToPath(new URL('../js/sheets.js', import.meta.url));

/**
 * What is changed, in which file, and how often it stands there: another version of the library may need another look.
 * @type {{ file: RegExp, head?: string, changes: [from: RegExp, to: string, times: number][] }[]}
 */
const CHANGES = [
  {
    file: /@xterm\/xterm\/lib\/xterm\.mjs$/,
    head: `import { styleElement as sheetsStyleElement } from ${JSON.stringify(SHEETS)};`,
    changes: [
      // It makes style elements by itself …
      [/([\w.]+)\.createElement\("style"\)/g, 'sheetsStyleElement($1)', 3],
      // … and writes style attributes as text, where setting them by script is no such thing.
      [/(\w+)\.setAttribute\("style",`\$\{\1\.getAttribute\("style"\)\|\|""\}\$\{(\w+)\};`\)/g, '$1.style.cssText+=`${$2};`', 1],
    ],
  },
  // CodeMirror's knows constructed sheets, and uses them in shadow roots only: for the sake of browsers that are long gone.
  { file: /style-mod\/src\/style-mod\.js$/, changes: [[/!root\.head && root\.adoptedStyleSheets/g, 'root.adoptedStyleSheets', 1]] },
];

/** @type {import('esbuild').Plugin} */
export const constructedSheets = {
  name: 'constructed-sheets',
  setup(build) {
    for (const { file, head = '', changes } of CHANGES) {
      build.onLoad({ filter: file }, async ({ path }) => {
        let source = await readFile(path, 'utf8');
        for (const [from, to, times] of changes) {
          const found = source.match(from)?.length ?? 0;
          if (found !== times) throw new Error(`${path}: ${from} is there ${found} times, not ${times}; look at it anew (assets/build/sheets.mjs).`);
          source = source.replace(from, to);
        }
        return { contents: `${head}${source}`, loader: 'js' };
      });
    }
  },
};
