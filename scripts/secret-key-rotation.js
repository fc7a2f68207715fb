// Loads a protected API while the server's signing keys and the client's secret or key are replaced.
//
// What it measures: whether the rotations cause errors. The API must accept tokens with the former signing key until
// they expire. The client reads CLIENT_SECRET_FILE or CLIENT_KEY_FILE again when the server rejects the old
// credentials: replace the file, and the credentials at the server.
// How to read it: no request is rejected, and no iteration fails. `clientcreds_secret_rotations` is 1 after a new
// secret was read. `clientcreds_requests{error:invalid_client}` is the cost: at most one per virtual user. A 401
// means that the API forgot a former key too early, or does not know a new one.
// Thresholds: no failures and no 401 (`checks`, `clientcreds_rejections`); a secret in a file must be replaced
// (`clientcreds_secret_rotations`); `invalid_client` at most once per virtual user.
//
//   VUS               number of virtual users
//   PAUSE             seconds between the requests of one virtual user
//   TTL               lifetime of the tokens, with the local server only
//   ROTATIONS         number of signing key rotations
//   ROTATE_EVERY      seconds between rotations
//   OVERLAP           time for which a former key stays valid
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
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
