// Parameters of the token request: scope, resource (RFC 8707), audience, and any others. All of them are part of the
// cache key: another scope is another token.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/request-parameters.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 1, iterations: 1, thresholds: { checks: ['rate==1'] } };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope: ['orders.read'],
    resource: ['https://api.example.com/orders', 'https://api.example.com/invoices'],
    audience: 'https://api.example.com',
    params: { tenant: 'blue' },
    headers: { 'X-Request-Source': 'load-test' },
});

export default function () {
    check(client.acquire(), { 'the scope was granted': (r) => r.scope === 'orders.read' });
}
