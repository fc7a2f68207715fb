// A pool of a SharedArray, with fewer clients than virtual users.
import { SharedArray } from 'k6/data';
import { check } from 'k6';
import { Client, ClientPool } from 'k6/x/clientcreds';

export const options = {
    scenarios: { s: { executor: 'per-vu-iterations', vus: 4, iterations: 1 } },
    thresholds: { checks: ['rate==1'], 'clientcreds_requests{client:shops}': ['count==4'] },
};
const clients = new SharedArray('clients', () => [1, 2, 3].map((i) => ({ clientId: 'shop-' + i, clientSecret: 'secret-of-shop-' + i })));
const pool = new ClientPool({ tokenUrl: __ENV.TOKEN_URL, clients, name: 'shops' });

export default function () {
    check(pool.client().acquire(), {
        granted: (r) => r.ok, size: () => pool.size === 3,
        classes: () => pool instanceof ClientPool && pool.client() instanceof Client,
    });
}
