// Headers for k6/http: client.headers() is the fastest way to authorize a request. Without an argument, it returns
// the same frozen object until the token changes. With an argument, it adds the token to a copy.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/headers.js
import http from 'k6/http';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 5 } },
    thresholds: { checks: ['rate==1'] },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    const read = http.get(__ENV.API_URL, { headers: client.headers() });
    const written = http.post(__ENV.API_URL, JSON.stringify({ item: 'tea', amount: 2 }), {
        headers: client.headers({ 'Content-Type': 'application/json' }),
    });
    check(read, { 'read': (r) => r.status === 200 });
    check(written, { 'written': (r) => r.status === 200 });
}
