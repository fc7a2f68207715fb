// Loads the token endpoint lightly: the reference for every other scenario.
//
// What it measures: latency and errors of token requests at a low, constant arrival rate, at which no request waits
// for another one.
// How to read it: `clientcreds_request_duration` is the time that the server needs for a token, without the time to
// connect. `tail` is the ratio of the slowest 1% to the median. A server that misses its objective here needs no load
// test. Record the run with `-o clientcreds-record` to compare others with it.
// Thresholds: the objective (`withinSlo`), and k6 keeps the rate (`dropped_iterations`).
//
//   RATE              token requests per second
//   DURATION          duration of the load
//   MAX_VUS           maximum number of virtual users
//   SLO_P95           objective: the time within which 95% of the requests are answered
//   SLO_ERRORS        objective: the share of requests that may fail
//
// The variables in lib/config.js apply as well.
import { check } from 'k6';
import { acquire } from './lib/call.js';
import { clientOptions, newClient } from './lib/config.js';
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

const client = newClient(clientOptions());

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
