// Loads the token endpoint, and the API behind it, at a constant, low rate: one run of a comparison.
//
// What it measures: latency and errors of RATE token requests per second and, with API_URL, of API_RATE requests per
// second with a cached token. The rates are the same for each version, and far below the capacity, so that latency
// does not include queueing.
// How to read it: do not read a single run. `REGRESSION_MODE=sequential make regression` runs a base and a head several times in
// turns and compares them with `k6 x clientcreds compare`. Use the latencies of `{scenario:token}` and `{scenario:api}`, which
// exclude `setup()`.
// Thresholds: more than 99% of the `checks` pass, less than 1% fails (`http_req_failed`,
// `clientcreds_request_failed`), and k6 keeps the rate (`dropped_iterations`).
//
//   RATE              token requests per second
//   API_RATE          API requests per second
//   DURATION          duration of the load
//   MAX_VUS           number of virtual users for each of the two loads
//   API_URL           URL of the API; without it, only the token endpoint is loaded
//
// The variables in lib/config.js apply as well.
import { check } from 'k6';
import { protectedApi } from './lib/api.js';
import { acquire } from './lib/call.js';
import { clientOptions, newClient } from './lib/config.js';
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
const client = newClient(clientOptions({ cache: { scope: 'shared' } }));

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
