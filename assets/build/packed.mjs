// Every file once more as the browsers take it: brotli and gzip, at their best since nobody waits for it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { filesBelow } from './addresses.mjs';

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT } };

/** What is text. Pages that the server fills in are packed by nobody. */
const PACKED = /^(?!pages\/.*\.html$).*\.(html|js|css|svg)$/;

/** @param {string} folder */
export async function pack(folder) {
  const names = (await filesBelow(folder)).filter((name) => PACKED.test(name));
  await Promise.all(
    names.map(async (name) => {
      const content = await readFile(join(folder, name));
      const [brotli, zipped] = await Promise.all([promisify(brotliCompress)(content, BROTLI), promisify(gzip)(content, { level: 9 })]);
      // A file that does not become smaller is sent as it is.
      if (brotli.length < content.length) await writeFile(join(folder, `${name}.br`), brotli);
      if (zipped.length < content.length) await writeFile(join(folder, `${name}.gz`), zipped);
    }),
  );
}
