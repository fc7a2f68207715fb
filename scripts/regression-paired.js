// Loads two versions of the token endpoint, and of the API behind it, at the same time and with the same low rate.
//
// What it measures: latency and errors of RATE token requests per second to each version and, with an API, of API_RATE
// requests per second with a cached token. Requests go to base and head in pairs of random order, over connections that are
// open. Whatever disturbs the machine disturbs both. In one second of ten, only base is loaded, and in another one only head:
// this shows how much they slow each other down.
// How to read it: record it, and run `k6 x clientcreds compare RECORD`. With K6_CLIENTCREDS_RECORD_RULES, the run ends as
// soon as the comparison is decided. `make regression` does both.
// Thresholds: less than 1% fails (`http_req_failed`, `clientcreds_request_failed`), and k6 keeps the rate
// (`dropped_iterations`).
//
//   BASE_TOKEN_URL    token endpoint of the base; other variables of lib/config.js also take BASE_ for one side
//   HEAD_TOKEN_URL    token endpoint of the head; other variables of lib/config.js also take HEAD_ for one side
//   API_URL           URL of the API; without one, only the token endpoints are loaded
//   BASE_API_URL      URL of the base's API, instead of API_URL
//   HEAD_API_URL      URL of the head's API, instead of API_URL
//   RATE              token requests per second to each side
//   API_RATE          API requests per second to each side
//   DURATION          duration of the load, unless the comparison is decided earlier
//   WARM_UP           time at the beginning that is not compared
//   MAX_VUS           number of virtual users for each of the two loads
//   SEED              number that determines the order of the sides; random by default
//
// The variables in lib/config.js apply as well.
import { check } from 'k6';
import { protectedApi } from './lib/api.js';
import { acquire } from './lib/call.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration, env } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { alike, both, eachSide, ofBoth, onOneSide, pairwise } from './lib/pairs.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';

const [rate, apiRate] = [count('RATE', 50), count('API_RATE', 50)];
const length = duration('DURATION', '60s');
const loadsApi = ofBoth('API_URL', both(() => env('API_URL')));

/** @type {any} */ // request() is not called without them
const apis = loadsApi ? both(() => protectedApi()) : undefined;

export const options = {
    scenarios: {
        token: pairwise('token', rate, length),
        ...(loadsApi ? { api: pairwise('request', apiRate, length) } : {}),
    },
    ext: { clientcreds: { allow: ['failed_token_requests'] } }, // thresholds and the comparison judge them
    summaryTrendStats: trendStats,
    thresholds: {
        http_req_failed: ['rate<0.01'],
        clientcreds_request_failed: ['rate<0.01'],
        dropped_iterations: ['count==0'],
    },
};

// One token for all virtual users: what the API is asked must not depend on how many of them there are.
const clients = both(() => newClient(clientOptions({ cache: { scope: 'shared' } })));

export function setup() {
    eachSide((side) => preflight(clients[side], apis?.[side]));
    alike('the token type', eachSide((side) => acquire(clients[side]).tokenType));
    if (loadsApi) {
        alike('the status of an answer', eachSide((side) => apis[side].send(clients[side]).status));
    }
    return { seed: count('SEED', Math.floor(Math.random() * 2 ** 31), 0) };
}

/** @param {any} data */
export function token({ seed }) {
    onOneSide(seed, rate, (side) => check(acquire(clients[side]), { 'token granted': (r) => r.ok }));
}

/** @param {any} data */
export function request({ seed }) {
    onOneSide(seed, apiRate, (side) => check(apis[side].send(clients[side]), apis[side].checks));
}

export function handleSummary(data) {
    return summary(data);
}
