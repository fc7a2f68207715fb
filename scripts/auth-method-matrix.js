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
import { Client, requireValid } from 'k6/x/clientcreds';
import { clientOptionsFor } from './lib/config.js';
import { methods } from './lib/methods.js';
import { preflight } from './lib/preflight.js';
import { withResult } from './lib/result.js';
import { kept, times, variant } from './lib/sidebyside.js';
import { withinSlo } from './lib/slo.js';
import { milliseconds, percent, reasons, summary, trendStats } from './lib/summary.js';

const names = methods();
const reference = names.includes('client_secret_basic') ? 'client_secret_basic' : names[0];

export const options = {
    scenarios: Object.fromEntries(names.map((name) => [name, variant()])),
    summaryTrendStats: trendStats,
    thresholds: {
        ...reasons,
        ...kept(names, ['clientcreds_request_signing']),
        ...Object.assign({}, ...names.map((name) => withinSlo(`{scenario:${name}}`))),
        dropped_iterations: ['count==0'],
    },
};

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
    check(clients[exec.scenario.name].acquire(), { 'token granted': (r) => r.ok });
}

export function teardown() {
    requireValid();
}

export function handleSummary(data) {
    const of = (name, metric, stat) => data.metrics[`clientcreds_request_${metric}{scenario:${name}}`].values[stat] || 0;
    const found = () => Object.fromEntries(names.map((name) => [name, {
        median: of(name, 'duration', 'med'),
        p95: of(name, 'duration', 'p(95)'),
        ratio: of(name, 'duration', 'med') / of(reference, 'duration', 'med'),
        signing: of(name, 'signing', 'med'),
        failed: of(name, 'failed', 'rate'),
    }]));
    return withResult(summary(data, () => Object.entries(found()).map(([name, f], i) => [i === 0 ? 'methods' : '',
        `${name.padEnd(28)}${milliseconds(f.median)}, ${times(f.median, found()[reference].median)} ${reference}; ` +
        `p95 ${milliseconds(f.p95)}, ${percent(f.failed)} failed` +
        (f.signing > 0 ? `; signing ${milliseconds(f.signing)}` : '')])), found);
}
