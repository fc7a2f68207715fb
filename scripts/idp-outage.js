// Loads a protected API while the authorization server is down for some time.
//
// What it measures: whether requests continue with the existing tokens, how many token requests are wasted on a
// server that is down, and how long the recovery takes.
// How to read it: `recovery` is the time from the end of the outage to the next token of the virtual users that
// missed one. `outage` is the number of failed token requests per second and virtual user. A client survives an
// outage that is shorter than its leeway, so failed checks mean that tokens expired. If no token request failed, no
// token was due, and nothing was tested.
// Thresholds: no iteration fails (`checks`), `idp_recovery` stays below RECOVERY, `outage_requests` stays below
// AMPLIFICATION, and the outage was noticed (`clientcreds_request_failed` above 0).
//
//   VUS               number of virtual users
//   PAUSE             seconds between the requests of one virtual user
//   TTL               lifetime of the tokens, with the local server only
//   OUTAGE_AFTER      seconds until the outage
//   OUTAGE_FOR        seconds of the outage
//   OUTAGE_HOW        kind of outage: `error` or `reset`
//   RECOVERY          seconds after the outage within which every client must recover
//   AMPLIFICATION     accepted number of failed token requests per second and virtual user
//   LEEWAY            leeway of the cache
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { Trend } from 'k6/metrics';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration, env, number as numberOf, seconds } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { number } from './lib/text.js';

const vus = count('VUS', 20);
const [after, lasts, recovery] = [seconds('OUTAGE_AFTER', 5), seconds('OUTAGE_FOR', 8), seconds('RECOVERY', 10)];

export const options = {
    scenarios: { api: { executor: 'constant-vus', vus, duration: `${after + lasts + recovery + 1}s` } },
    ext: { clientcreds: { allow: ['failed_token_requests', 'missing_tokens'] } }, // thresholds judge what the outage does
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        http_req_failed: ['rate==0'],
        clientcreds_request_failed: ['rate>0'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
        idp_recovery: [`max<${recovery * 1000}`],
        outage_requests: [`max<=${numberOf('AMPLIFICATION', 6)}`], // the client pauses for a second after each three
    },
};

const recoveries = new Trend('idp_recovery', true);
const wasted = new Trend('outage_requests');
const client = newClient(clientOptions({ cache: { leeway: env('LEEWAY', '45%') } }));
const api = protectedApi();
const pause = seconds('PAUSE', 0.1);

export function setup() {
    const outage = { after: `${after}s`, for: `${lasts}s`, how: env('OUTAGE_HOW', 'error') };
    const before = disturb({ ttl: duration('TTL', '20s'), token: { outages: [outage] } },
        `in ${after} s take the authorization server down for ${lasts} s, while tokens have to be replaced`);
    const end = Date.now() + (after + lasts) * 1000;
    preflight(client, api);
    return { before, end };
}

export default function ({ end }) {
    check(api.trySend(client), api.checks);
    watch(end);
    sleep(pause);
}

const seen = { failed: 0, granted: 0 }; // as of the last token of this virtual user
let missing = 0; // since when none comes

/** Notices that tokens of this virtual user do not come, and the one that comes in the end. */
function watch(end) {
    const [{ requests, failed }, now] = [client.stats(), Date.now()];
    if (failed > seen.failed && missing === 0) {
        missing = now;
    }
    const late = Math.max(now - end, 0);
    const recovered = requests - failed > seen.granted;
    if (missing > 0 && (recovered || late > recovery * 1000)) {
        recoveries.add(late);
        wasted.add((failed - seen.failed) / Math.max((now - missing) / 1000, 1));
    }
    if (recovered) {
        missing = 0;
        Object.assign(seen, { failed, granted: requests - failed });
    }
}

export function teardown({ before }) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => (m.share('clientcreds_request_failed') === 0 ? [['outage', 'no token request failed: nothing was tested']] : [
        ['outage', `up to ${number(m.max('outage_requests'), 1)} failed token requests per second of a virtual user`],
        ['recovery', `${m.times('idp_recovery')} after the outage`],
    ]));
}
