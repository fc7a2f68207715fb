// The token endpoint and the API behind it at a steady rate that is no strain for them: one of the runs of a comparison.
//
// What it measures: latency and errors of RATE token requests and, with API_URL, API_RATE requests with a cached token per
// second, however long the answers take. The rates are the same for every version that is compared, and far below what
// any of them can do, so that a latency is that of the server and not that of a queue.
// How to read it: not alone. Several runs of a base and of a head, in turns, are what `k6 x clientcreds compare` judges;
// `make regression` does all of it. Latencies are those of {scenario:token} and {scenario:api}, without what setup() asks.
//
//   RATE API_RATE DURATION                       load: token requests and API requests per second, time
//   MAX_VUS                                      virtual users of each of the two, all there from the start
//   API_URL                                      the API; without it the token endpoint alone is loaded
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { acquire } from './lib/call.js';
import { clientOptions } from './lib/config.js';
import { count, duration, env } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';

/** @type {any} */ // request() is not called without it
const api = env('API_URL') === undefined ? undefined : protectedApi();
const vus = count('MAX_VUS', 50);

/** Requests at a steady rate. */
function steady(exec, rate) {
    return {
        executor: 'constant-arrival-rate',
        exec,
        rate,
        timeUnit: '1s',
        duration: duration('DURATION', '10s'),
        preAllocatedVUs: vus,
        maxVUs: vus,
    };
}

export const options = {
    scenarios: {
        token: steady('token', count('RATE', 50)),
        ...(api === undefined ? {} : { api: steady('request', count('API_RATE', 50)) }),
    },
    ext: { clientcreds: { allow: ['failed_token_requests'] } }, // thresholds and the comparison judge them
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate>0.99'],
        http_req_failed: ['rate<0.01'],
        clientcreds_request_failed: ['rate<0.01'],
        dropped_iterations: ['count==0'],
    },
};

// One token for all virtual users: what the API is asked must not depend on how many of them there are.
const client = new Client(clientOptions({ cache: { scope: 'shared' } }));

export function setup() {
    preflight(client, api);
}

export function token() {
    const result = acquire(client);
    check(result, { 'token granted': (r) => r.ok });
}

export function request() {
    check(api.send(client), api.checks);
}

export function handleSummary(data) {
    return summary(data);
}
