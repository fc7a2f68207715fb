// One call of token() and headers() when the token is in the cache, beside what else a script could do.
import { blocks, native } from 'k6/x/bench';
import { newClient } from './client.js';
import { headers, token } from './helper.js';

const client = newClient();
const text = 'a string that is always there';
let sink;

// The helper once more, in the script itself: an imported function costs more to find.
const cached = { token: text, freshUntil: Date.now() + 3600e3 };

function ownToken() {
    const now = Date.now();
    if (cached === null || now >= cached.freshUntil) {
        throw new Error('the token has expired');
    }
    return cached.token;
}

const bench = blocks({
    'empty loop': (repeats) => {
        for (let i = 0; i < repeats; i++) {}
    },
    'static string': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = text;
    },
    'native constant': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = native.constant();
    },
    'native constant, again': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = native.constant();
    },
    'JS helper, token': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = token();
    },
    'JS helper in the script, token': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = ownToken();
    },
    'JS helper, header object': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = headers();
    },
    'client.token()': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = client.token();
    },
    'client.authorization()': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = client.authorization();
    },
    'client.headers()': (repeats) => {
        for (let i = 0; i < repeats; i++) sink = client.headers();
    },
});

export const options = bench.options;

export default function () {
    bench.run();
}
