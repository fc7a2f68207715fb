// Loads a protected API. Each virtual user has a cached token.
//
// What it measures: the API's latency and errors while the client requests, caches, and replaces tokens.
// How to read it: `http_req_duration` is the API's latency. `clientcreds_requests` is the work of the authorization
// server for it. The run is valid only without rejected tokens (`clientcreds_rejections`) and without expired tokens
// (`clientcreds_expired_token_uses`).
// Thresholds: nothing fails: `checks`, `http_req_failed`, `clientcreds_request_failed`, `clientcreds_rejections`,
// `clientcreds_expired_token_uses`.
//
//   VUS               number of virtual users
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
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

const client = newClient(clientOptions());
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
