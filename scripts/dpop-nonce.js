// A protected API under load with tokens that are bound to a key (DPoP, RFC 9449), where the server demands nonces.
//
// What it measures: how many requests are sent twice because their proof had no nonce, or one that is no longer accepted;
// and what signing each proof costs.
// How to read it: doubled is the share of API requests that were sent twice: near 0 where each answer brings the nonce for
// the next request, as it should (§8.2). Near 100%, each nonce is good for one request, or for less time than PAUSE, and the
// server does twice the work. Without any, the server demands no nonce, and nothing was tested.
//
//   VUS DURATION PAUSE                           load: virtual users, time, seconds between requests of one user
//   NONCE                                        time after which there is another nonce, where it is the local server's
//   DOUBLED                                      share of the requests that may be sent twice
//   API_URL                                      what to load
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import { check, sleep } from 'k6';
import { Rate } from 'k6/metrics';
import { Client, keepSubmetrics } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions } from './lib/config.js';
import { count, duration, seconds, share } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { milliseconds, number, percent } from './lib/text.js';

const servers = ['authorization', 'resource'];

export const options = {
    scenarios: {
        api: { executor: 'constant-vus', vus: count('VUS', 10), duration: duration('DURATION', '30s') },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        clientcreds_request_failed: ['rate==0'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
        clientcreds_dpop_nonce_retries: ['count>0'],
        doubled: [`rate<=${share('DOUBLED', 0.05)}`],
    },
};

keepSubmetrics(...servers.map((server) => `clientcreds_dpop_nonce_retries{server:${server}}`));

const client = new Client(clientOptions({ dpop: true }));
const api = protectedApi();
const pause = seconds('PAUSE', 0.1);
const doubled = new Rate('doubled');

export function setup() {
    const before = disturb({ dpop_nonce: duration('NONCE', '10s') }, 'it has to demand nonces in DPoP proofs');
    preflight(client, api);
    return before;
}

export default function () {
    client.token(); // so that what follows is the API's
    const before = client.stats().nonceRetries;
    check(api.trySend(client), api.checks);
    doubled.add(client.stats().nonceRetries > before);
    sleep(pause);
}

export function teardown(before) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => [
        ['doubled', `${percent(m.share('doubled'))} of the API requests were sent twice`],
        ['nonces', servers.map((server) => `${number(m.count(`clientcreds_dpop_nonce_retries{server:${server}}`))} demanded by the ${server} server`).join(', ')],
        ['signing', `${milliseconds(m.median('clientcreds_dpop_signing'))} for each proof (median)`],
    ]);
}
