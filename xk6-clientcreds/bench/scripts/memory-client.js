// One request in every VU, which then keep still to be weighed: with the module.
import http from 'k6/http';
import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope: __ENV.SCOPE,
});

// With ONLY_START, so many virtual users have one empty iteration each.
export const options = __ENV.ONLY_START
    ? { scenarios: { start: { executor: 'per-vu-iterations', vus: Number(__ENV.ONLY_START), iterations: 1 } } }
    : {};

export default function () {
    if (__ENV.ONLY_START) return;
    http.get(__ENV.API_URL, { headers: client.headers() });
    sleep(600);
}
