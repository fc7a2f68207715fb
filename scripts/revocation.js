// Loads a protected API, and revokes all tokens in the middle of the run.
//
// What it measures: whether the API notices, and the cost for the clients: one rejected request and one new token
// each. No iteration fails, because `client.get` retries a rejected request with a new token.
// How to read it: without rejections (`clientcreds_rejections`), the API continues to accept revoked tokens, as APIs
// do that validate JWTs locally. More than one rejection per virtual user means that it also rejects new tokens.
// Thresholds: no iteration fails (`checks`), `clientcreds_rejections` is above 0 and at most one per virtual user,
// and there are as many new tokens (`clientcreds_requests`).
//
//   VUS               number of virtual users
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   REVOKE_AFTER      seconds until the tokens are revoked
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
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

const client = newClient(clientOptions());
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
