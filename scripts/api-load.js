// A protected API under load, with a token for each virtual user.
//
// What it measures: the API's latency and errors while tokens are acquired, cached and replaced as a client would.
// How to read it: the run is valid only if no answer was a 401 (clientcreds_rejections) and no expired token was
// used (clientcreds_expired_token_uses). clientcreds_requests says what the authorization server had to do for it.
//
//   VUS DURATION PAUSE                           load: virtual users, time, seconds between requests of one user
//   API_URL                                      what to load
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions } from './lib/config.js';
import { count, duration, seconds } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';

export const options = {
    scenarios: {
        api: { executor: 'constant-vus', vus: count('VUS', 20), duration: duration('DURATION', '30s') },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        http_req_failed: ['rate==0'],
        clientcreds_request_failed: ['rate==0'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
    },
};

const client = new Client(clientOptions());
const api = protectedApi();
const pause = seconds('PAUSE', 0.1);

export function setup() {
    preflight(client, api);
}

export default function () {
    const res = api.send(client);
    check(res, api.checks);
    sleep(pause);
}

export function handleSummary(data) {
    return summary(data);
}
