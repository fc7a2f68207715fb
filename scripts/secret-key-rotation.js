// A protected API under load, while keys and the client's secret are replaced.
//
// What it measures: whether anybody notices. The server's signing key is replaced a few times, and the API
// has to accept tokens of the former one until they expire. The client's own secret, or key, is picked up from
// CLIENT_SECRET_FILE, or CLIENT_KEY_FILE, when the server refuses the old one: replace it there and at the server.
// How to read it: no request is refused, and no iteration fails. clientcreds_secret_rotations is 1 when a new secret was
// picked up; clientcreds_requests{error:invalid_client} what it cost, one for each virtual user at most.
//
//   VUS PAUSE                                    load: virtual users, seconds between requests of one user
//   TTL                                          lifetime of tokens, where it is the local server's
//   ROTATIONS ROTATE_EVERY OVERLAP               signing keys to replace, seconds between them, time that a former one is good
//   API_URL                                      what to load
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET_FILE, SCOPE …   see lib/config.js
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions } from './lib/config.js';
import { count, duration, env, seconds } from './lib/environment.js';
import { calm, disturb, intervene } from './lib/disturb.js';
import { rotateKey } from './lib/faults.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { counted } from './lib/text.js';

const vus = count('VUS', 20);
const rotations = count('ROTATIONS', 3, 0);
const every = seconds('ROTATE_EVERY', 5);
const overlap = duration('OVERLAP', '30s');
const own = env('AUTH') === 'private_key_jwt' || env('CLIENT_SECRET_FILE') !== undefined;

export const options = {
    scenarios: {
        api: { executor: 'constant-vus', vus, duration: `${every * (rotations + 1)}s` },
        ...(rotations > 0 && { keys: { executor: 'shared-iterations', exec: 'rotate', iterations: rotations, startTime: `${every}s` } }),
    },
    ext: { clientcreds: { allow: ['failed_token_requests', 'missing_tokens'] } }, // thresholds judge them
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        http_req_failed: ['rate==0'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
        'clientcreds_requests{reason:early}': [`count>=${vus}`], // with what was replaced
        'clientcreds_requests{error:invalid_client}': [`count<=${vus}`],
        clientcreds_secret_rotations: [own ? 'count>0' : 'count==0'],
    },
};

const client = new Client(clientOptions());
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

export function rotate() {
    intervene(() => rotateKey(overlap), 'replace the signing key of the server');
    sleep(every);
}

export function teardown(before) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => [['rotated', `${counted(m.count('clientcreds_secret_rotations'), 'new secret')} picked up, ` +
        `${counted(m.count('clientcreds_requests{error:invalid_client}'), 'token request')} refused with the former one`]]);
}
