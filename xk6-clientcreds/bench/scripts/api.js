// One request to a protected API, with the Authorization header from different sources.
import http from 'k6/http';
import { blocks } from 'k6/x/bench';
import { newClient } from './client.js';
import { headers as helperHeaders } from './helper.js';

const client = newClient();
const shared = newClient({ cache: { scope: 'shared' } });
const bound = newClient({ dpop: true });
const api = __ENV.API_URL;
const headers = { Authorization: `Bearer ${__ENV.TOKEN}` };

function expectOK(res) {
    if (res.status !== 200) throw new Error(`status ${res.status} from the API`);
}

const bench = blocks({
    'static header': () => {
        const res = http.get(api, { headers });
        expectOK(res);
    },
    'static header, again': () => {
        const res = http.get(api, { headers });
        expectOK(res);
    },
    'JS helper': () => {
        const res = http.get(api, { headers: helperHeaders() });
        expectOK(res);
    },
    'client.headers()': () => {
        const res = http.get(api, { headers: client.headers() });
        expectOK(res);
    },
    'client.get()': () => {
        const res = client.get(api);
        expectOK(res);
    },
    'client.get(), shared': () => {
        const res = shared.get(api);
        expectOK(res);
    },
    'client.get(), DPoP': () => {
        const res = bound.get(api);
        expectOK(res);
    },
});

export const options = bench.options;

export default function () {
    bench.run();
}
