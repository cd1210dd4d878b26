// Ranges of free ports for a server's pool: below those that AiKore gives to apps (20000 on) and the kernel to clients.
import { createServer } from 'node:net';

const FIRST = 10_000;
const LAST = 19_000;

/** @param {number} port @returns {Promise<boolean>} */
const isFree = (port) =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '0.0.0.0', exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** `count` neighbouring ports that are free now. @param {number} count @returns {Promise<number[]>} */
export async function freePorts(count) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST - count));
    const ports = Array.from({ length: count }, (_, at) => first + at);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return ports;
  }
  throw new Error(`No ${count} neighbouring free ports between ${FIRST} and ${LAST}.`);
}
