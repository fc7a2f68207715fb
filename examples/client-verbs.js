// All HTTP methods of the client. They take the same arguments as k6/http, add the token, and retry once with a new
// token if the API rejects a token that it accepted before.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/client-verbs.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 1, iterations: 1, thresholds: { checks: ['rate==1'] } };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});
const url = __ENV.API_URL;
const json = { headers: { 'Content-Type': 'application/json' }, tags: { name: 'orders' } };

export default function () {
    const order = JSON.stringify({ item: 'tea' });
    const answers = [
        client.get(url),
        client.head(url),
        client.post(url, order, json),
        client.put(url, order, json),
        client.patch(url, order, json),
        client.del(url),
        client.request('REPORT', url),
        ...client.batch([url, { method: 'POST', url, body: order, params: json }]),
    ];
    for (const res of answers) {
        check(res, { 'status is 200': (r) => r.status === 200 });
    }
}
