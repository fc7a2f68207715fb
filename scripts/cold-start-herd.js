// Makes all virtual users request their first token at the same time, as after a deployment: first with a shared
// cache, then with one cache per virtual user.
//
// What it measures: whether the authorization server handles the burst, and how long the last virtual user waits.
// How to read it: `shared` must be one request, for any number of virtual users. With EXCHANGE or DPOP, a token takes
// two requests. `vu` is one request per virtual user: failed and slow requests show the experience of clients without
// a shared cache. `at once` is the number of simultaneous requests, which only the local server reports.
// Thresholds: nobody stays without a token (`checks`, `clientcreds_request_failed`), nobody waits longer than
// MAX_WAIT (`clientcreds_token_wait`), and the number of requests is exact (`clientcreds_requests`).
//
//   VUS               number of virtual users
//   MAX_WAIT          maximum wait of a virtual user
//   GAP               time between the two herds
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import exec from 'k6/execution';
import { check } from 'k6';
import { Gauge } from 'k6/metrics';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration, inMilliseconds } from './lib/environment.js';
import { local } from './lib/disturb.js';
import { stats } from './lib/faults.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { counted, milliseconds, number } from './lib/text.js';

const vus = count('VUS', 50);
const { exchange, dpop } = clientOptions();
const perToken = (exchange ? 2 : 1) * (dpop ? 2 : 1); // token requests: DPoP may need a nonce first
const scopes = ['shared', 'vu'];
const of = (metric, condition) => Object.fromEntries(scopes.map((scope) => [`${metric}{scenario:${scope}}`, [condition]]));
const herd = { executor: 'per-vu-iterations', vus, iterations: 1, maxDuration: '1m' };

export const options = {
    scenarios: { shared: herd, vu: { ...herd, startTime: duration('GAP', '5s') } },
    ext: { clientcreds: { allow: ['failed_token_requests', 'missing_tokens'] } }, // thresholds judge what the server does not stand
    summaryTrendStats: trendStats,
    thresholds: {
        ...of('checks', 'rate==1'),
        ...of('clientcreds_request_failed', 'rate==0'),
        ...of('clientcreds_token_wait', `max<${inMilliseconds(duration('MAX_WAIT', '2s'))}`),
        'clientcreds_requests{scenario:shared}': ['count>0', `count<=${perToken}`],
        'clientcreds_requests{scenario:vu}': [`count>=${vus}`, `count<=${vus * perToken}`],
    },
};

const clients = Object.fromEntries(scopes.map((scope) => [scope, newClient(clientOptions({ cache: { scope } }))]));
const api = protectedApi();
const peak = new Gauge('token_requests_at_once');

export function setup() {
    preflight(clients.vu, api); // in a virtual user of its own
}

export default function () {
    check(api.trySend(clients[exec.scenario.name]), api.checks);
}

export function teardown() {
    if (local()) {
        peak.add(stats().token_requests.concurrent_peak);
    }
}

export function handleSummary(data) {
    return summary(data, (m) => scopes.map((scope) => [scope, `token requests of ${counted(vus, 'VU')}: ` +
        number(m.count(`clientcreds_requests{scenario:${scope}}`)) +
        (scope === 'vu' && m.max('token_requests_at_once') > 0 ? `, up to ${number(m.max('token_requests_at_once'))} at once` : '') +
        `; the longest wait ${milliseconds(m.max(`clientcreds_token_wait{scenario:${scope}}`))}`]));
}
