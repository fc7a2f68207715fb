// Tokens in setup() and teardown(): create something before the test and remove it afterwards, with the same client.
// Do not return a token from setup(), because the summary contains the return value. For one token in the whole test,
// use cache.scope 'shared', which setup() fills.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/setup-teardown.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    vus: 3,
    iterations: 9,
    thresholds: { checks: ['rate==1'], clientcreds_requests: ['count==1'] },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    cache: { scope: 'shared' },
});

export function setup() {
    const res = client.post(__ENV.API_URL, 'an order to load');
    if (res.status !== 200) {
        throw new Error(`the order was not made: status ${res.status}`);
    }
    return { order: __ENV.API_URL };
}

export default function ({ order }) {
    check(client.get(order), { 'status is 200': (r) => r.status === 200 });
}

export function teardown({ order }) {
    client.del(order);
}
