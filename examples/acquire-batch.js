// client.acquireBatch(n) sends n token requests at the same time: the burst of a fleet that starts.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/acquire-batch.js
//
// batchPerHost is how many requests of a batch are under way at a time: 6 by default.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    batchPerHost: 20,
    scenarios: { starts: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } },
    thresholds: {
        checks: ['rate==1'],
        clientcreds_request_failed: ['rate<0.01'],
    },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    const results = client.acquireBatch(20);
    check(results, {
        'all were granted': (all) => all.length === 20 && all.every((r) => r.ok),
        'each has a token of its own': (all) => new Set(all.map((r) => r.accessToken)).size === 20,
    });
}
