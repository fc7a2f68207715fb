// Virtual users that all begin at once and use two tokens all the time until both have been replaced: one without jitter and
// one with.
import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { clientOptions } from '../../../../scripts/lib/config.js';
import { count } from '../../../../scripts/lib/environment.js';

export const options = {
    scenarios: { herd: { executor: 'per-vu-iterations', vus: count('VUS'), iterations: 1, maxDuration: '2m' } },
};

const clients = ['0%', '40%'].map((jitter) => new Client(clientOptions({
    clientId: `jitter-${jitter.slice(0, -1)}`,
    cache: { leeway: '10%', jitter },
})));

export default function () {
    const first = clients.map((client) => client.token());
    for (const left = new Set([0, 1]); left.size > 0; sleep(0.1)) {
        for (const i of left) {
            if (clients[i].token() !== first[i]) {
                left.delete(i);
            }
        }
    }
}
