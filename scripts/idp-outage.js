// A protected API under load while the authorization server is out of order for a while.
//
// What it measures: whether requests go on with the tokens that there are, how many token requests are wasted on a server
// that is down, and how long it takes until tokens are replaced again once it is back.
// How to read it: idp_recovery is the time from the end of the outage to the next token, of each virtual user that had
// missed one; outage_requests its failed token requests per second in the time from the first of them to that token. A
// client survives outages that are shorter than its leeway: when checks fail, tokens ran out. When no token request failed
// no token was due, and nothing was tested.
//
//   VUS PAUSE                                    load: virtual users, seconds between requests of one user
//   TTL                                          lifetime of tokens, where it is the local server's
//   OUTAGE_AFTER OUTAGE_FOR OUTAGE_HOW           seconds until the outage, its seconds, and whether it is error or reset
//   RECOVERY                                     seconds after the outage in which every client has to recover
//   AMPLIFICATION                                failed token requests per second of a virtual user, at most
//   API_URL                                      what to load
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js; LEEWAY is 45% here by default
import { check, sleep } from 'k6';
import { Trend } from 'k6/metrics';
import { Client } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions } from './lib/config.js';
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
const client = new Client(clientOptions({ cache: { leeway: env('LEEWAY', '45%') } }));
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
