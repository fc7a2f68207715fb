// The same grants with each method of client authentication, side by side.
//
// What it measures: what a method costs the server, as latency of the token request, and what it costs the client, as time
// to sign. All of them get the same load at the same time.
// How to read it: the summary has a line for each method, with its median in proportion to that of client_secret_basic, or
// of the first where that is not among them. A method that the server refuses ends the run before it begins.
//
//   METHODS                                      methods to compare, with spaces; all that the credentials allow by default
//   RATE DURATION MAX_VUS                        load of each method: grants per second, time, virtual users
//   SLO_P95 SLO_ERRORS                           objective of each: time within which 95% are answered, share that may fail
//   RESULT_FILE                                  file to write what was found to, as JSON
//   TOKEN_URL or ISSUER, CLIENT_ID, SCOPE …      see lib/config.js, and there all of the credentials that there are:
//                                                CLIENT_SECRET, CLIENT_KEY_FILE, CLIENT_CERTIFICATE_FILE with its key
import exec from 'k6/execution';
import { check } from 'k6';
import { Client, keepSubmetrics } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientOptionsFor } from './lib/config.js';
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

const clients = Object.fromEntries(names.map((name) => [name, new Client(clientOptionsFor(name))]));

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
