// Loads the token endpoint at a constant arrival rate.
//
// What it measures: latency and errors of token requests when RATE of them arrive per second, no matter how long the
// answers take (an open model).
// How to read it: `clientcreds_request_duration` is the latency of the endpoint, `clientcreds_request_failed` is its
// error rate. `dropped_iterations` above 0 mean that k6 did not keep the rate: raise MAX_VUS, or use a larger load
// generator.
// Thresholds: `checks` above 99%, `clientcreds_request_failed` below 1%, no `dropped_iterations`.
//
//   RATE              token requests per second
//   DURATION          duration of the load
//   MAX_VUS           maximum number of virtual users
//   CLIENTS_FILE      CSV or JSON file with many clients, instead of one client
//   ASSIGNMENT        which client each request gets: see the options of a pool
//
// The variables in lib/config.js apply as well.
import { check } from 'k6';
import { acquire } from './lib/call.js';
import { clientOfCall } from './lib/config.js';
import { count, duration } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';

const rate = count('RATE', 100);
const maxVUs = count('MAX_VUS', 200);

export const options = {
    scenarios: {
        token: {
            executor: 'constant-arrival-rate',
            rate,
            timeUnit: '1s',
            duration: duration('DURATION', '30s'),
            preAllocatedVUs: maxVUs, // k6 drops iterations while it makes more
            maxVUs,
        },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate>0.99'],
        clientcreds_request_failed: ['rate<0.01'],
        dropped_iterations: ['count==0'],
    },
};

const client = clientOfCall();

export function setup() {
    preflight(client());
}

export default function () {
    const result = acquire(client());
    check(result, { 'token granted': (r) => r.ok });
}

export function handleSummary(data) {
    return summary(data);
}
