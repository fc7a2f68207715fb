// Loads a protected API with DPoP-bound tokens (RFC 9449) while the servers require nonces.
//
// What it measures: the share of requests that are sent twice because their proof lacks a valid nonce.
// How to read it: the first request to each server is always sent twice. `doubled` should be near 0, because each
// response can carry the nonce for the next request (RFC 9449 §8.2). Near 100%, each nonce is valid for one request,
// or for less time than PAUSE, and the server does twice the work. If no nonce is required, nothing was tested.
// Thresholds: at most the share DOUBLED is sent twice (`doubled`), nonces are required
// (`clientcreds_dpop_nonce_retries`), and nothing fails (`checks`, `clientcreds_request_failed`,
// `clientcreds_rejections`).
//
//   VUS               number of virtual users
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   NONCE             lifetime of a nonce, with the local server only
//   DOUBLED           accepted share of requests that are sent twice
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { Rate } from 'k6/metrics';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
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

const client = newClient(clientOptions({ dpop: true }));
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
