// Token requests one per iteration and in batches, with k6's own functions and with the module's.
import http from 'k6/http';
import { blocks } from 'k6/x/bench';
import { newClient } from './client.js';
import { form, params, tokenUrl } from './helper.js';

const client = newClient();
let sink;

function taken(res) {
    sink = res.json().access_token;
    if (res.status !== 200 || !sink) throw new Error(`no token: status ${res.status}`);
}

function plain(repeats) {
    for (let i = 0; i < repeats; i++) taken(http.post(tokenUrl, form, params));
}

function acquired(repeats) {
    for (const result of client.acquireBatch(repeats)) {
        sink = result.accessToken;
        if (!sink) throw new Error(`no token: ${result.error}`);
    }
}

const bench = blocks({
    'http.post + res.json()': plain,
    'http.post + res.json(), again': plain,
    'http.batch + res.json()': (repeats) => http.batch(Array(repeats).fill(['POST', tokenUrl, form, params])).forEach(taken),
    'client.acquireBatch()': acquired,
});

// As many at a time as a batch has.
export const options = { ...bench.options, batchPerHost: 20 };

export default function () {
    bench.run();
}
