// The token endpoint without strain: the reference for every other scenario.
//
// What it measures: latency and errors of token requests at a low, steady arrival rate, at which no request waits for
// another one.
// How to read it: clientcreds_request_duration is what the server needs for a token, without a connection being made;
// `tail` is how many times as long the slowest 1% take as the median. A server that misses its objective here needs no
// load test. Keep the run with -o clientcreds-record, to compare others with it.
//
//   RATE DURATION MAX_VUS                        load: token requests per second, time, virtual users to do it with
//   SLO_P95 SLO_ERRORS                           objective: time within which 95% are answered, share that may fail
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientOptions } from './lib/config.js';
import { count, duration } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { sloText, withinSlo } from './lib/slo.js';
import { summary } from './lib/summary.js';
import { times } from './lib/text.js';

const maxVUs = count('MAX_VUS', 20);

export const options = {
    scenarios: {
        token: {
            executor: 'constant-arrival-rate',
            rate: count('RATE', 10),
            timeUnit: '1s',
            duration: duration('DURATION', '30s'),
            preAllocatedVUs: maxVUs,
            maxVUs,
        },
    },
    ext: { clientcreds: { allow: ['failed_token_requests'] } }, // SLO_ERRORS judges them
    summaryTrendStats: trendStats,
    thresholds: { ...withinSlo(), dropped_iterations: ['count==0'] },
};

const client = new Client(clientOptions());

export function setup() {
    preflight(client);
}

export default function () {
    check(acquire(client), { 'token granted': (r) => r.ok });
}

export function handleSummary(data) {
    return summary(data, (m) => [
        ['SLO', sloText],
        ['tail', `the slowest 1% take ${times(m.stat('clientcreds_request_duration', 'p(99)') /
            m.stat('clientcreds_request_duration', 'med'))} as long as the median`],
    ]);
}
