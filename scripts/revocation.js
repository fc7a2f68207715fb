// A protected API under load, and in the middle of it all tokens are revoked.
//
// What it measures: whether the API notices, and what it costs the clients: one refused request each, one new token each,
// and no failed iteration, because client.get answers a 401 with a new token and the same request.
// How to read it: clientcreds_rejections are the refused requests. None of them say that the API goes on with revoked
// tokens, as those do that check JWTs by themselves; more than one for each virtual user that it refuses new tokens too.
//
//   VUS DURATION PAUSE                           load: virtual users, time, seconds between requests of one user
//   REVOKE_AFTER                                 seconds until the tokens are revoked
//   API_URL                                      what to load
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions } from './lib/config.js';
import { count, duration, env, seconds } from './lib/environment.js';
import { intervene } from './lib/disturb.js';
import { revokeTokens } from './lib/faults.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { counted } from './lib/text.js';

const vus = count('VUS', 20);

export const options = {
    scenarios: {
        api: { executor: 'constant-vus', vus, duration: duration('DURATION', '20s') },
        revocation: { executor: 'shared-iterations', exec: 'revoke', startTime: `${seconds('REVOKE_AFTER', 5)}s` },
    },
    ext: { clientcreds: { allow: ['rejections'] } },
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        clientcreds_rejections: ['count>0', `count<=${vus}`],
        'clientcreds_requests{reason:rejected}': [`count<=${vus}`],
        clientcreds_request_failed: ['rate==0'],
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
    check(api.send(client), api.checks);
    sleep(pause);
}

export function revoke() {
    intervene(() => revokeTokens({ client: env('CLIENT_ID') }), 'revoke the tokens of this client at the server');
}

export function handleSummary(data) {
    return summary(data, (m) => [['revoked', `${counted(m.count('clientcreds_rejections'), 'request')} refused, ` +
        `${counted(m.count('clientcreds_requests{reason:rejected}'), 'new token')}, by ${counted(vus, 'virtual user')}`]]);
}
