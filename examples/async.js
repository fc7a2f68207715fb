// Promises instead of blocking calls: tokenAsync(), acquireAsync(), and asyncRequest(). One iteration can send
// several requests at the same time.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/async.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } },
    thresholds: { checks: ['rate==1'] },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default async function () {
    const token = await client.tokenAsync();
    check(token, { 'a token': (t) => t.length > 0 });

    const [first, second, acquired] = await Promise.all([
        client.asyncRequest('GET', __ENV.API_URL),
        client.asyncRequest('POST', __ENV.API_URL, 'tea'),
        client.acquireAsync(),
    ]);
    check(first, { 'GET': (r) => r.status === 200 });
    check(second, { 'POST': (r) => r.status === 200 });
    check(acquired, { 'acquired': (r) => r.ok });
}
