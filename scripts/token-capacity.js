// Finds the number of tokens per second that the server grants within its objective.
//
// What it measures: latency and errors of token requests at arrival rates that rise in steps. Arrivals do not wait
// for answers (an open model), so requests queue up beyond the server's capacity, up to MAX_VUS of them.
// How to read it: `capacity` is the rate of granted tokens in the last step before the first step that missed the
// objective. `most` is the highest rate in any step. `limit` says whether the server or the load generator limited
// that step. If the run reads the metrics of the server (-o clientcreds-record=scrape=NAME=URL), `limit` also names
// what the server ran out of, such as CPU. Capacity is only as exact as the steps: run the scenario again with FROM and
// TO around the capacity, and with more steps. docs/evidence/capacity.md has results for real servers.
// Thresholds: up to the rate EXPECT, every step meets the objective, and 95% of its requests are sent
// (`stepThresholds`).
//
//   FROM              rate of the first step, in token requests per second
//   TO                rate of the last step
//   STEPS             number of steps
//   STEP              duration of a step
//   WARM_UP           time at the first rate before the steps, to establish connections
//   MAX_VUS           maximum number of requests in flight; by default, as many as TO needs within SLO_P95
//   SLO_P95           objective: the time within which 95% of the requests are answered
//   SLO_ERRORS        objective: the share of requests that may fail
//   EXPECT            rate up to which missing the objective is a failure; by default FROM
//   CLIENTS_FILE      CSV or JSON file with many clients, instead of one client
//   ASSIGNMENT        which client each request gets: see the options of a pool
//   RESULT_FILE       JSON file to write the results to
//
// The variables in lib/config.js apply as well.
import { check } from 'k6';
import { serverUsage, validity } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientOfCall } from './lib/config.js';
import { count } from './lib/environment.js';
import { metricsOf, reader, trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { withResult } from './lib/result.js';
import { sloText } from './lib/slo.js';
import { capacityOf, keepSteps, rising, steps, stepThresholds, tagStep } from './lib/steps.js';
import { summary, under } from './lib/summary.js';
import { milliseconds, number, percent } from './lib/text.js';

const all = steps();

export const options = {
    scenarios: { token: rising(all) },
    ext: { clientcreds: { allow: ['dropped_iterations', 'failed_token_requests'] } }, // beyond the capacity
    summaryTrendStats: trendStats,
    thresholds: { ...stepThresholds(all, count('EXPECT', all[0].rate)) },
};

keepSteps(all);
const client = clientOfCall();

export function setup() {
    preflight(client());
}

export default function () {
    tagStep(all);
    check(acquire(client()), { 'token granted': (r) => r.ok });
}

export function handleSummary(data) {
    const saturated = validity(data).reasons.some(({ rule }) => rule === 'generator_saturated');
    const found = capacityOf(all, reader(metricsOf(data)), saturated, serverUsage);
    return withResult(summary(data, () => [
        ['SLO', sloText],
        ...under('steps', found.steps.map(({ rate, granted, p95, failed, miss }) => `${number(rate)}/s: ` +
            `${number(granted, 1)} granted/s, p95 ${milliseconds(p95)}, ${percent(failed)} failed${miss ? ' (missed)' : ''}`)),
        ['capacity', `${found.limit === 'server' ? '' : 'at least '}${number(found.capacity, 1)} tokens/s within the SLO`],
        ['most', `${number(found.most, 1)} tokens/s`],
        ['limit', `${found.limit}: ${found.why}; k6 used up to ${percent(found.generatorCPU)} of its CPU`],
    ]), () => found);
}
