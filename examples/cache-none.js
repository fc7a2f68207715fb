// cache.scope 'none': every call sends a token request. It simulates clients that do not cache tokens.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/cache-none.js
import http from 'k6/http';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    vus: 2,
    iterations: 10,
    thresholds: {
        checks: ['rate==1'],
        clientcreds_requests: ['count==10'],
    },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    cache: { scope: 'none' },
});

export default function () {
    check(http.get(__ENV.API_URL, { headers: client.headers() }), { 'status is 200': (r) => r.status === 200 });
}
