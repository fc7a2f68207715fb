// Sends requests that the servers must reject: a wrong secret, an unknown client, a wrong scope, no token, and
// garbage, altered, and expired tokens.
//
// What it measures: whether the servers reject each request as the RFCs specify (RFC 6749 §3.3 and §5.2, RFC 6750
// §3), how long that takes, and whether it ever causes a 5xx. Attackers send such requests, and so do a thousand
// machines with one wrong setting.
// How to read it: a failed check names the request and the expected answer. `refused` shows the times. If unknown
// clients are rejected faster than wrong secrets, attackers can find out which clients exist. Expired tokens come
// from the run itself, so the run must be longer than a token lifetime plus TOLERANCE.
// Thresholds: each request gets the right status and error (`checks`); a wrong scope may also be ignored if the
// response says so. No 5xx (`negative_server_errors`), 95% within MAX_P95 (`negative_duration`), and every kind was
// sent (`negative_requests`).
//
//   VUS               number of virtual users
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   TTL               lifetime of the tokens, with the local server only
//   TOLERANCE         seconds for which the API may accept expired tokens
//   MAX_P95           time within which 95% must be rejected
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient, tlsAuth } from './lib/config.js';
import { count, duration, inMilliseconds, seconds } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { refusals } from './lib/refusals.js';
import { summary, under } from './lib/summary.js';
import { found } from './lib/text.js';

const client = newClient(clientOptions());
const api = protectedApi();
const cases = refusals(client, api, seconds('TOLERANCE', 1));
const names = Object.keys(cases);
const each = (entry) => Object.fromEntries(names.map(entry));

export const options = {
    scenarios: {
        refused: { executor: 'constant-vus', vus: count('VUS', 5), duration: duration('DURATION', '30s') },
    },
    ...tlsAuth(), // for k6/http
    ext: { clientcreds: { allow: ['failed_token_requests', 'failed_requests'] } }, // the scenario provokes refusals, and thresholds judge them
    summaryTrendStats: trendStats,
    thresholds: {
        ...each((name) => [`checks{case:${name}}`, ['rate==1']]),
        ...each((name) => [`negative_requests{case:${name}}`, ['count>0']]),
        negative_duration: [`p(95)<=${inMilliseconds(duration('MAX_P95', '500ms'))}`],
        negative_server_errors: ['count==0'],
    },
};

const pause = seconds('PAUSE', 0.1);
const [requests, serverErrors] = [new Counter('negative_requests'), new Counter('negative_server_errors')];
const times = new Trend('negative_duration', true);
keepSubmetrics(...names.map((name) => `negative_duration{case:${name}}`));

export function setup() {
    const before = disturb({ ttl: duration('TTL', '2s') }, 'the run must be longer than a token lives');
    preflight(client, api);
    return before;
}

export default function () {
    const name = names[(__VU + __ITER) % names.length];
    const [send, statuses, errors] = cases[name];
    const answer = send();
    if (answer !== undefined) {
        requests.add(1, { case: name });
        times.add(answer.time, { case: name });
        serverErrors.add(Number(answer.status >= 500));
        const refused = `${name}: ${statuses.join(' or ')}, ${errors.join(' or ')}`;
        check(answer, { [refused]: (r) => statuses.includes(r.status) && errors.includes(r.error) }, { case: name });
    }
    sleep(pause);
}

export function teardown(before) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => under('refused', names.map((name) => `${name}: ` +
        found(m.count(`negative_requests{case:${name}}`), 'request', () => `, ${m.times(`negative_duration{case:${name}}`)}`))));
}
