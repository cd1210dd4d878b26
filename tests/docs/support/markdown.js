// What these tests need to know of Markdown: which files there are, what they link to, which anchors they have, and their code.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Every Markdown file of the repository, tracked or about to be. @returns {string[]} */
export function documents() {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\n').filter((file) => file !== '' && !file.startsWith('shared/'));
}

/** @param {string} file @returns {string} */
export const read = (file) => readFileSync(join(ROOT, file), 'utf8');

/**
 * The text and its blocks of code. A block is fenced, or indented by four below an empty line, seen from the list it stands in.
 * @param {string} text @returns {{ prose: string, blocks: { language: string, line: number, lines: string[] }[] }}
 */
export function parts(text) {
  /** @type {string[]} */
  const prose = [];
  /** @type {{ language: string, line: number, lines: string[] }[]} */
  const blocks = [];
  /** @type {{ language: string, line: number, lines: string[] }|null} */
  let block = null;
  let fence = '';
  /** How far the text of the list is from the left. */
  let within = 0;
  for (const [at, line] of text.split('\n').entries()) {
    const opens = /^ {0,3}(`{3,}|~{3,})\s*([\w-]*)/.exec(line);
    if (fence) {
      if (line.trim().startsWith(fence) && line.trim().replaceAll(fence[0], '') === '') [fence, block] = ['', null];
      else block?.lines.push(line);
      prose.push('');
      continue;
    }
    if (opens) {
      fence = opens[1];
      block = { language: opens[2], line: at + 1, lines: [] };
      blocks.push(block);
      prose.push('');
      continue;
    }
    const item = /^ {0,3}(?:[*+-]|\d+\.) +(?=\S)/.exec(line);
    if (item) within = item[0].length;
    else if (line.trim() !== '' && !/^ /.test(line)) within = 0;
    const indented = line.trim() !== '' && line.startsWith(' '.repeat(within + 4));
    if (indented && (block || prose.at(-1)?.trim() === '')) {
      if (!block) {
        block = { language: '', line: at + 1, lines: [] };
        blocks.push(block);
      }
      block.lines.push(line.slice(within + 4));
      prose.push('');
      continue;
    }
    if (line.trim() !== '') block = null;
    else if (block) block.lines.push('');
    prose.push(line);
  }
  for (const one of blocks) while (one.lines.at(-1) === '') one.lines.pop();
  return { prose: prose.join('\n'), blocks };
}

/** Without what stands in `backticks`. @param {string} prose */
export const plain = (prose) => prose.replace(/(`+)[^`]*?\1/g, (code) => ' '.repeat(code.length));

/** Where it leads. @param {string} text @returns {{ target: string, image: boolean }[]} */
export function links(text) {
  const { prose } = parts(text);
  const found = [...plain(prose).matchAll(/(!?)\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const defined = [...plain(prose).matchAll(/^ {0,3}\[[^\]]+\]:\s*(\S+)/gm)];
  return [...found.map(([, mark, target]) => ({ target, image: mark === '!' })), ...defined.map(([, target]) => ({ target, image: false }))];
}

/** The anchors that its headings are given where Markdown is shown. @param {string} text @returns {Set<string>} */
export function anchors(text) {
  const { prose } = parts(text);
  const seen = new Set();
  for (const [, heading] of prose.matchAll(/^ {0,3}#{1,6}\s+(.+?)\s*#*$/gm)) {
    const words = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '').toLowerCase();
    const stem = words.replace(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '').replaceAll(' ', '-');
    let anchor = stem;
    for (let again = 1; seen.has(anchor); again += 1) anchor = `${stem}-${again}`;
    seen.add(anchor);
  }
  return seen;
}
