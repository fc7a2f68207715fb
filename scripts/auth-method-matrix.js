// Sends the same token requests with each client authentication method, side by side.
//
// What it measures: the cost of each method for the server (latency) and for the client (time to sign). All methods
// run at the same time with the same load.
// How to read it: `methods` has a line for each method. Its median is relative to `client_secret_basic`, or to the
// first method if `client_secret_basic` is not among them. If the server rejects a method, the run ends before the
// load.
// Thresholds: each method meets the objective (`withinSlo`), and k6 keeps the rate (`dropped_iterations`).
//
//   METHODS           methods to compare, separated by spaces; by default, all methods for which the environment has
//                     credentials
//   RATE              token requests per second for each method
//   DURATION          duration of the load
//   MAX_VUS           maximum number of virtual users for each method
//   SLO_P95           objective: the time within which 95% of the requests are answered
//   SLO_ERRORS        objective: the share of requests that may fail
//   RESULT_FILE       JSON file to write the results to
//
// The variables in lib/config.js apply as well.
import exec from 'k6/execution';
import { check } from 'k6';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientOptionsFor, newClient } from './lib/config.js';
import { methods } from './lib/methods.js';
import { metricsOf, reader, trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { withResult } from './lib/result.js';
import { variant } from './lib/sidebyside.js';
import { withinSlo } from './lib/slo.js';
import { summary, under } from './lib/summary.js';
import { milliseconds, percent, times } from './lib/text.js';

const names = methods();
const reference = names.includes('client_secret_basic') ? 'client_secret_basic' : names[0];

export const options = {
    scenarios: Object.fromEntries(names.map((name) => [name, variant()])),
    ext: { clientcreds: { allow: ['failed_token_requests'] } }, // SLO_ERRORS judges them
    summaryTrendStats: trendStats,
    thresholds: {
        ...Object.assign({}, ...names.map((name) => withinSlo(`{scenario:${name}}`))),
        dropped_iterations: ['count==0'],
    },
};

keepSubmetrics(...names.map((name) => `clientcreds_request_signing{scenario:${name}}`));

const clients = Object.fromEntries(names.map((name) => [name, newClient(clientOptionsFor(name))]));

export function setup() {
    for (const name of names) {
        try {
            preflight(clients[name]);
        } catch (e) {
            throw new Error(`preflight: ${name}: ${e.message}; METHODS names those to compare`);
        }
    }
}

export default function () {
    check(acquire(clients[exec.scenario.name]), { 'token granted': (r) => r.ok });
}

export function handleSummary(data) {
    const m = reader(metricsOf(data));
    const of = (name, metric) => `clientcreds_request_${metric}{scenario:${name}}`;
    const median = (name) => m.median(of(name, 'duration'));
    const found = () => Object.fromEntries(names.map((name) => [name, {
        median: median(name) || 0,
        p95: m.stat(of(name, 'duration'), 'p(95)') || 0,
        ratio: median(name) / median(reference) || 0,
        signing: m.median(of(name, 'signing')) || 0,
        failed: m.share(of(name, 'failed')),
    }]));
    return withResult(summary(data, () => under('methods', names.map((name) => [
        `${name.padEnd(27)} ${milliseconds(median(name))}, ${times(median(name) / median(reference))} ${reference}`,
        `p95 ${milliseconds(m.stat(of(name, 'duration'), 'p(95)'))}, ${percent(m.share(of(name, 'failed')))} failed`,
        ...(m.median(of(name, 'signing')) > 0 ? [`signing ${milliseconds(m.median(of(name, 'signing')))}`] : []),
    ].join('; ')))), found);
}
