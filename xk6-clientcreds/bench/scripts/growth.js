// API requests and token requests with as many virtual users as the schedule says.
import http from 'k6/http';
import { blocks } from 'k6/x/bench';
import { acquire, newClient } from './client.js';
import { form, headers as helperHeaders, params, tokenUrl } from './helper.js';

const client = newClient();
const shared = newClient({ cache: { scope: 'shared' } });
const bound = newClient({ dpop: true });
const api = __ENV.API_URL;
const headers = { Authorization: `Bearer ${__ENV.TOKEN}` };
let sink;

function expectOK(res) {
    if (res.status !== 200) throw new Error(`status ${res.status} from the API`);
}

function plainToken() {
    const res = http.post(tokenUrl, form, params);
    sink = res.json().access_token;
    if (res.status !== 200 || !sink) throw new Error(`no token: status ${res.status}`);
}

const bench = blocks({
    'static header': () => expectOK(http.get(api, { headers })),
    'static header, again': () => expectOK(http.get(api, { headers })),
    'JS helper': () => expectOK(http.get(api, { headers: helperHeaders() })),
    'client.headers()': () => expectOK(http.get(api, { headers: client.headers() })),
    'client.get()': () => expectOK(client.get(api)),
    'client.get(), shared': () => expectOK(shared.get(api)),
    'client.get(), DPoP': () => expectOK(bound.get(api)),
    'http.post + res.json()': plainToken,
    'http.post + res.json(), again': plainToken,
    'client.acquire()': () => acquire(client),
});

export const options = bench.options;

export default function () {
    bench.run();
}
