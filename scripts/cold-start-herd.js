// Virtual users that all need their first token at once, as after a deployment: with one token for all, and one for each.
//
// What it measures: whether the authorization server stands the burst, and how long the last of them waits; and what a cache
// that they share makes of it, which is one request.
// How to read it: shared has to be 1 request, however many virtual users there are; with EXCHANGE or DPOP a token takes two.
// vu is one for each; those that failed, or came after MAX_WAIT, are what clients without a shared cache would see. "at
// once" is how many requests were in progress at the same time, which only the local server tells.
//
//   VUS MAX_WAIT                                 load: virtual users, the longest that one may wait
//   GAP                                          time from the first herd to the second
//   API_URL                                      what they need the token for
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import exec from 'k6/execution';
import { check } from 'k6';
import { Gauge } from 'k6/metrics';
import { Client } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions } from './lib/config.js';
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

const clients = Object.fromEntries(scopes.map((scope) => [scope, new Client(clientOptions({ cache: { scope } }))]));
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
