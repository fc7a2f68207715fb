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
    'empty loop': (turns) => {
        for (let i = 0; i < turns; i++) {}
    },
    'static string': (turns) => {
        for (let i = 0; i < turns; i++) sink = text;
    },
    'native constant': (turns) => {
        for (let i = 0; i < turns; i++) sink = native.constant();
    },
    'native constant, again': (turns) => {
        for (let i = 0; i < turns; i++) sink = native.constant();
    },
    'JS helper, token': (turns) => {
        for (let i = 0; i < turns; i++) sink = token();
    },
    'JS helper in the script, token': (turns) => {
        for (let i = 0; i < turns; i++) sink = ownToken();
    },
    'JS helper, header object': (turns) => {
        for (let i = 0; i < turns; i++) sink = headers();
    },
    'client.token()': (turns) => {
        for (let i = 0; i < turns; i++) sink = client.token();
    },
    'client.authorization()': (turns) => {
        for (let i = 0; i < turns; i++) sink = client.authorization();
    },
    'client.headers()': (turns) => {
        for (let i = 0; i < turns; i++) sink = client.headers();
    },
});

export const options = bench.options;

export default function () {
    bench.run();
}
