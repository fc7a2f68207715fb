// Token requests as fast as one core can send them.
import { blocks } from 'k6/x/bench';
import { acquire, newClient } from './client.js';

const client = newClient();

const bench = blocks({ 'client.acquire()': () => acquire(client) });

export const options = bench.options;

export default function () {
    bench.run();
}
