// Two clients in one test. Each has its own tokens. The tag client, or a tag of your own, distinguishes them in every
// metric.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/several-clients.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 5 } },
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_requests{role:reader}': ['count==2'],
        'clientcreds_requests{role:writer}': ['count==2'],
    },
};

const client = (role, scope) => new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope,
    tags: { role },
});
const reader = client('reader', 'orders.read');
const writer = client('writer', 'orders.write');

export default function () {
    check(reader.get(__ENV.API_URL), { 'read with orders.read': (r) => r.json('scope') === 'orders.read' });
    check(writer.post(__ENV.API_URL, 'tea'), { 'written with orders.write': (r) => r.json('scope') === 'orders.write' });
}
