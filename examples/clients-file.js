// Many clients from a file: virtual user 1 is the first client, virtual user 2 the second, and so on round the list. It is
// the file that --clients of the local server reads; CLIENTS names another.
//
//   build/k6 x clientcreds serve --clients examples/clients.json -- build/k6 run examples/clients-file.js
import { check } from 'k6';
import { SharedArray } from 'k6/data';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { shops: { executor: 'per-vu-iterations', vus: 6, iterations: 2 } },
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_requests{client:shop-1}': ['count==2'], // of the virtual users 1 and 4
    },
};

// A SharedArray is in memory once, not once for each virtual user.
const clients = new SharedArray('clients', () => JSON.parse(open(__ENV.CLIENTS || './clients.json')));

const { client_id: id, client_secret: secret, scope } = clients[Math.max(0, __VU - 1) % clients.length];
const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: id, clientSecret: secret, scope });

export default function () {
    check(client.get(__ENV.API_URL), {
        'status is 200': (r) => r.status === 200,
        'the API knows the client': (r) => r.json('client_id') === id,
    });
}
