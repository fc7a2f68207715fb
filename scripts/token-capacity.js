// How many tokens per second the server grants within its objective.
//
// What it measures: latency and errors of token requests at arrival rates that rise in steps. The arrivals do not wait for
// the answers (an open model), so beyond the server's capacity requests queue up, up to MAX_VUS of them.
// How to read it: `capacity` is what was granted per second in the last step before the first one that missed the
// objective, and `most` in any step. `limit` says which side the missed step failed for: the server, or the generator, where
// k6 had too little CPU or no virtual user left. Then the server can do more; with no CPU left at all the run is INVALID.
// The grid is the error: run it again with FROM and TO around the capacity, and more steps.
//
//   FROM TO STEPS STEP                           load: token requests per second, first and last, steps, time of each
//   WARM_UP                                      time at the first rate before that, in which connections are made
//   MAX_VUS                                      requests in flight; as many as TO needs within SLO_P95
//   SLO_P95 SLO_ERRORS                           objective: time within which 95% are answered, share that may fail
//   EXPECT                                       up to this rate, FROM by default, it is a failure to miss the objective
//   CLIENTS_FILE ASSIGNMENT                      many clients instead of one, and which of them each request is for
//   RESULT_FILE                                  file to write what was found to, as JSON
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import { check } from 'k6';
import { validity } from 'k6/x/clientcreds';
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
    const found = capacityOf(all, reader(metricsOf(data)), saturated);
    return withResult(summary(data, () => [
        ['SLO', sloText],
        ...under('steps', found.steps.map(({ rate, granted, p95, failed, miss }) => `${number(rate)}/s: ` +
            `${number(granted, 1)} granted/s, p95 ${milliseconds(p95)}, ${percent(failed)} failed${miss ? ' (missed)' : ''}`)),
        ['capacity', `${found.limit === 'server' ? '' : 'at least '}${number(found.capacity, 1)} tokens/s within the SLO`],
        ['most', `${number(found.most, 1)} tokens/s`],
        ['limit', `${found.limit}: ${found.why}; k6 used up to ${percent(found.generatorCPU)} of its CPU`],
    ]), () => found);
}
