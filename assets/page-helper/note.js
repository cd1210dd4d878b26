// What the tab remembers of addresses that lack their prefix, should the browser ask for one of them after all.

const KEY = 'aikore.page';
const MOST = 20;

/** @returns {[virtual: string, prefix: string][]} */
function read() {
  try {
    const note = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(note) ? note : [];
  } catch {
    return [];
  }
}

/** The prefix of an address. @param {string} address path and query */
export const recall = (address) => read().find(([one]) => one === address)?.[1];

/** @param {string} address @param {string} [prefix] nothing to forget it */
export function note(address, prefix) {
  try {
    const others = read().filter(([one]) => one !== address);
    const all = prefix ? [...others, [address, prefix]].slice(-MOST) : others;
    if (all.length) sessionStorage.setItem(KEY, JSON.stringify(all));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage the server's rescue has to do.
  }
}
