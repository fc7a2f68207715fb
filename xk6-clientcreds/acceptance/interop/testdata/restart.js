// Virtual users go on until the server has been gone and is back. RETRY has the client's option `retry`.
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { Client } from 'k6/x/clientcreds';

const more = 3; // tokens of each virtual user after the outage
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, cache: { scope: 'none' },
    timeout: '1m', retry: JSON.parse(__ENV.RETRY),
});
const [granted, refused, again] = ['tokens_granted', 'tokens_refused', 'tokens_granted_again'].map((name) => new Counter(name));

export const options = {
    scenarios: { tokens: { executor: 'per-vu-iterations', vus: 2, iterations: 1, maxDuration: '30m' } },
};

export default function () {
    for (let back = 0; back < more;) {
        const { ok } = client.acquire();
        (ok ? granted : refused).add(1);
        if (ok && client.stats().failed > 0) {
            back++;
            again.add(1);
        }
        sleep(0.2);
    }
}
