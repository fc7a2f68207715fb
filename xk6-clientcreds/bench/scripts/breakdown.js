// One way to obtain tokens, MODE, as fast as one core can: so that all of the process is for that way.
import http from 'k6/http';
import { blocks } from 'k6/x/bench';
import { acquire, newClient } from './client.js';
import { form, params, tokenUrl } from './helper.js';

const client = newClient();
let sink;

const modes = {
    'http.post + res.json()': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = http.post(tokenUrl, form, params).json().access_token;
        if (!sink) throw new Error('no token');
    },
    'client.acquire()': () => acquire(client),
    'client.acquireBatch()': (repeats) => {
        for (const result of client.acquireBatch(repeats)) sink = result.accessToken;
        if (!sink) throw new Error('no token');
    },
};

const bench = blocks({ [__ENV.MODE]: modes[__ENV.MODE] });

export const options = { ...bench.options, batchPerHost: 20 };

export default function () {
    bench.run();
}
