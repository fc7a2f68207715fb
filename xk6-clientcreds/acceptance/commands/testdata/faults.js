// Every helper of scripts/lib/faults.js, once, and what a client notices of it.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { clientOptions } from '../../../../scripts/lib/config.js';
import {
    clearFaults, forgetNonces, getFaults, patchFaults, putFaults, revokeTokens, rotateKey, rotateSecret, stats,
} from '../../../../scripts/lib/faults.js';

export const options = {
    vus: 1,
    iterations: 1,
    ext: { clientcreds: { allow: ['failed_token_requests', 'no_tokens'] } }, // those that it provokes, and no run without ADMIN_URL
    thresholds: {
        checks: ['rate==1'],
        http_req_failed: ['rate==0'],
        'http_req_duration{expected_response:true}': ['min>=0'],
        'http_reqs{name:admin}': ['count>0'],
    },
};

const client = new Client(clientOptions({ retry: { attempts: 1 } }));

/** A document; the members of an object that k6 has read are in any order. */
const text = (document) => JSON.stringify(document, ['token', 'errors', 'ttl']);

export default function () {
    const got = {
        put: putFaults({ token: { errors: [{ error: 'server_error' }] } }),
        failed: client.acquire(),
        patched: patchFaults({ token: { errors: null }, ttl: '7s' }),
        short: client.acquire(),
    };
    got.document = getFaults();
    clearFaults();
    got.usual = client.acquire();
    got.accepted = client.get(__ENV.API_URL);
    revokeTokens({ client: __ENV.CLIENT_ID });
    got.revoked = client.introspect(got.usual.accessToken);
    rotateKey('30s');
    forgetNonces();
    rotateSecret(__ENV.CLIENT_ID, 'a-secret-from-now-on');
    got.locked = client.acquire();
    try {
        putFaults({ tokn: {} });
    } catch (e) {
        got.refused = String(e.message);
    }
    got.stats = stats();
    check(got, {
        'the document comes back': (g) => g.put.token.errors[0].error === 'server_error',
        'the endpoint fails': (g) => g.failed.error === 'server_error' && g.failed.status === 500,
        'a patch changes only what it names': (g) => g.patched.ttl === '7s' && g.patched.token.errors === undefined,
        'the document in force is that': (g) => text(g.document) === text(g.patched),
        'the lifetime is the lifetime in the document': (g) => g.short.expiresIn === 7,
        'then it is not': (g) => g.usual.ok && g.usual.expiresIn > 7,
        'the API is there': (g) => g.accepted.status === 200,
        'all tokens are gone': (g) => g.revoked.active === false,
        'the old secret is gone': (g) => g.locked.error === 'invalid_client',
        'a wrong document is refused, with a reason': (g) => g.refused.startsWith('faults: PUT /faults: tokn is unknown; it must be one of '),
        'the server has counted': (g) => g.stats.faults.error.token === 1 && g.stats.faults.secret_rotation.server === 1 &&
            g.stats.faults.nonce_reset.server === 1,
    });
}
