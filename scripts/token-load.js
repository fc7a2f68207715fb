// The token endpoint itself under load, at a steady arrival rate.
//
// What it measures: latency and errors of token requests when RATE of them arrive per second, however long the answers
// take (an open model: a slow server does not slow the arrivals down).
// How to read it: clientcreds_request_duration is the endpoint's latency, clientcreds_request_failed its error rate.
// dropped_iterations above 0 mean that k6 could not keep the rate: raise MAX_VUS, or the generator is the limit.
//
//   RATE DURATION MAX_VUS                        load: token requests per second, time, virtual users to do it with
//   CLIENTS_FILE ASSIGNMENT                      many clients instead of one, and which of them each request is for
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
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
