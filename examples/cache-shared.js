// cache.scope 'shared': one token for all virtual users of the k6 process. It simulates one service with many
// threads.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/cache-shared.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    vus: 10,
    iterations: 50,
    thresholds: {
        checks: ['rate==1'],
        clientcreds_requests: ['count==1'],
    },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    cache: { scope: 'shared' },
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
