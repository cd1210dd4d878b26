// The inputs for Python, CUDA and torch, wherever they stand: with what there is to choose, the newest first. Anything else
// may be typed: blueprints know more than any list.
import { el, setText, show } from '../dom.js';
import { newestFirst, offered } from '../environment/offered.js';
import { Combo } from './combo.js';

/** @typedef {import('../api-environment.js').Offered} Offered */
/** @typedef {import('./combo.js').Option} Option */
/** @typedef {'python_version'|'cuda_version'|'torch_version'} Member */

/** @type {Record<Member, string>} */
const LABELS = { python_version: 'Versions of Python', cuda_version: 'Versions of CUDA', torch_version: 'Versions of PyTorch' };
const MEMBERS = /** @type {Member[]} */ (Object.keys(LABELS));

/**
 * Puts lists to the inputs. Returns a line that says where the lists come from, and what does not go together.
 * @param {import('../app.js').App} app @param {Record<Member, HTMLInputElement>} inputs each in its place already
 */
export function offerVersions(app, inputs) {
  const line = el('p', { class: 'hint version-words', role: 'status', hidden: true });
  /** @type {Offered|null} */
  let known = null;
  let asking = false;
  const combos = MEMBERS.map((member) => new Combo(inputs[member], LABELS[member], () => ({ options: known ? options(known)[member] : [], words: known ? '' : 'Asking which there are…' })));

  /** What others here use may be no list's. @param {Member} member */
  const used = (member) => new Set([...app.instances.models.values()].flatMap(({ data }) => data[member] || []));

  /** @param {Offered} all @returns {Record<Member, Option[]>} */
  const options = (all) => ({
    python_version: withUsed(all.python.map(({ version, here }) => ({ value: version, note: here ? 'on this machine' : undefined })), used('python_version')),
    cuda_version: withUsed(all.cuda.map(({ version, fits }) => ({ value: version, note: fits === false ? 'needs a newer driver' : undefined, doubtful: fits === false })), used('cuda_version')),
    torch_version: withUsed(torchFor(all, inputs.cuda_version.value.trim()), used('torch_version')),
  });

  const say = () => {
    if (!known) return;
    const cuda = inputs.cuda_version.value.trim();
    const torch = inputs.torch_version.value.trim();
    const found = known.cuda.find(({ version }) => version === cuda);
    const drives = known.driver_cuda ? ` (it runs up to ${known.driver_cuda})` : '';
    line.classList.toggle('doubtful', found?.fits === false);
    const words = [
      found?.fits === false ? `CUDA ${cuda} needs a newer driver than this machine has${drives}.` : '',
      found && torch && !(known.torch[found.cu] ?? []).includes(torch) ? `No PyTorch ${torch} is known for CUDA ${cuda}.` : '',
      known.source === 'offline' ? 'Offline list: the package index could not be asked, so there may be newer ones.' : 'From PyTorch’s package index.',
    ];
    setText(line, words.filter(Boolean).join(' '));
    show(line, true);
  };

  const load = async () => {
    if (asking) return;
    asking = true;
    known = await offered();
    for (const combo of combos) combo.render();
    say();
  };
  for (const input of Object.values(inputs)) {
    input.addEventListener('focus', () => void load());
    input.addEventListener('input', say);
  }
  return line;
}

/** By the chosen CUDA; without one, all, and which CUDA each is for. @param {Offered} all @param {string} cuda @returns {Option[]} */
function torchFor({ cuda: cudas, torch }, cuda) {
  const chosen = cudas.find(({ version }) => version === cuda);
  if (chosen) return (torch[chosen.cu] ?? []).toSorted(newestFirst).map((value) => ({ value }));
  const versions = [...new Set(Object.values(torch).flat())].sort(newestFirst);
  return versions.map((value) => {
    const built = cudas.filter(({ cu }) => torch[cu]?.includes(value));
    return { value, note: `CUDA ${built.map(({ version }) => version).join(', ')}`, doubtful: built.length > 0 && built.every(({ fits }) => fits === false) };
  });
}

/** @param {Option[]} list @param {Set<string>} used @returns {Option[]} */
function withUsed(list, used) {
  /** @type {Option[]} */
  const more = [...used].filter((value) => !list.some((one) => one.value === value)).map((value) => ({ value }));
  return [...list, ...more].sort((a, b) => newestFirst(a.value, b.value)).map((one) => (used.has(one.value) ? { ...one, note: [one.note, 'used here'].filter(Boolean).join(', ') } : one));
}
