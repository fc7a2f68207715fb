// One token request, with k6's own http.post and with acquire().
import http from 'k6/http';
import { blocks } from 'k6/x/bench';
import { acquire, newClient } from './client.js';
import { form, params, tokenUrl } from './helper.js';

const client = newClient();
const counted = newClient({ httpMetrics: true });
let sink;

function plain() {
    const res = http.post(tokenUrl, form, params);
    sink = res.json().access_token;
    if (res.status !== 200 || !sink) throw new Error(`no token: status ${res.status}`);
}

const bench = blocks({
    'http.post + res.json()': plain,
    'http.post + res.json(), again': plain,
    'client.acquire()': () => acquire(client),
    'client.acquire(), httpMetrics': () => acquire(counted),
});

export const options = bench.options;

export default function () {
    bench.run();
}
