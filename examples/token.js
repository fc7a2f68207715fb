// A token in a header of your own. client.authorization() returns "Bearer <token>", client.token() the token alone.
// Both use the cache: here, each virtual user sends one token request for all its iterations.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/token.js
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
    const res = http.get(__ENV.API_URL, { headers: { Authorization: client.authorization() } });
    check(res, { 'status is 200': (r) => r.status === 200 });
}
