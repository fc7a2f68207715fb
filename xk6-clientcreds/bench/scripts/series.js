// One request to an API, in a test that has SERIES histograms.
import http from 'k6/http';
import { blocks } from 'k6/x/bench';
import { observe } from './observe.js';

const api = __ENV.API_URL;
const params = { headers: { Authorization: `Bearer ${__ENV.TOKEN}` } };

function request() {
    const res = http.get(api, params);
    if (res.status !== 200) throw new Error(`status ${res.status} from the API`);
}

const bench = blocks({
    'not scraped': request,
    'not scraped, again': request,
    'scraped every second': request,
});

export const options = bench.options;

export function setup() {
    observe(Number(__ENV.SERIES));
}

export default function () {
    bench.run();
}
