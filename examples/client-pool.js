// A pool of clients, one of which each call gets. The file can have thousands of clients.
//
//   build/k6 x clientcreds serve --clients examples/clients.json -- build/k6 run examples/client-pool.js
//   build/k6 x clientcreds serve --client-count 10000 -- build/k6 run examples/client-pool.js
import { check } from 'k6';
import { ClientPool } from 'k6/x/clientcreds';

export const options = {
    scenarios: { shops: { executor: 'per-vu-iterations', vus: 3, iterations: 4 } },
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_requests{client:shops}': ['count==3'], // one time series for all of them
    },
};

const pool = new ClientPool({
    tokenUrl: __ENV.TOKEN_URL,
    clients: { file: __ENV.CLIENTS_FILE || './clients.csv' },
    name: 'shops',
});

export default function () {
    check(pool.client().get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
