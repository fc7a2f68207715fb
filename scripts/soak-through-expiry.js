// Loads a protected API for so long that every token is replaced many times.
//
// What it measures: whether token replacement is invisible to the load: no request fails, is rejected, or carries an
// expired token, and no virtual user waits for a token except for its first.
// How to read it: `clientcreds_requests{reason:early}` are the replacements. If they are too few, the run was too
// short. With `{reason:expired}`, or with more waits than first tokens, tokens expired: raise LEEWAY.
// Thresholds: nothing fails, no 401, and no expired token (`clientcreds_expired_token_uses`); nobody waits except for the
// first token (`clientcreds_cache_misses`); EXPIRIES replacements per token (`clientcreds_requests`).
//
//   VUS               number of virtual users
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   TTL               lifetime of the tokens, with the local server only
//   EXPIRIES          replacements that each token must go through
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration, env, seconds } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';

const vus = count('VUS', 20);
const tokens = env('CACHE_SCOPE') === 'shared' ? 1 : vus;

export const options = {
    scenarios: {
        soak: { executor: 'constant-vus', vus, duration: duration('DURATION', '1m') },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        http_req_failed: ['rate==0'],
        clientcreds_request_failed: ['rate<0.01'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
        clientcreds_cache_misses: [`count<=${vus + 1}`], // the first token of each, and the token of setup()
        'clientcreds_requests{reason:early}': [`count>=${tokens * count('EXPIRIES', 2)}`],
        'clientcreds_requests{reason:expired}': ['count==0'],
    },
};

const client = newClient(clientOptions());
const api = protectedApi();
const pause = seconds('PAUSE', 0.1);

export function setup() {
    const before = disturb({ ttl: duration('TTL', '10s') }, 'its tokens live for as long as it says');
    preflight(client, api);
    return before;
}

export default function () {
    check(api.trySend(client), api.checks);
    sleep(pause);
}

export function teardown(before) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data);
}
