// Requests that must be refused, and how: by the token endpoint as RFC 6749 §5.2 says, by the API as RFC 6750 §3 does.
import http from 'k6/http';
import { Client } from 'k6/x/clientcreds';
import { attempt } from './call.js';
import { clientOptions } from './config.js';

/** What is right for a refusal: its statuses and its errors. A scope may also be ignored, if the answer says so (§3.3). */
const noClient = [[400, 401], ['invalid_client']];
const noScope = [[400, 200], ['invalid_scope', 'ignored']];
const noToken = [[401], ['invalid_token', 'none']];
const tooMuch = 'a-scope-that-there-is-not';

/**
 * The cases by name: what sends the request, and what is right. `right` is the client that the environment describes, and
 * the API may accept its expired tokens for as many seconds as `tolerance` says. Sending returns { status, error, time },
 * or undefined where there is no token to send: none has expired yet, or none was granted.
 */
export function refusals(right, api, tolerance) {
    const own = clientOptions();
    const { key: _key, certificate: _certificate, assertion: _assertion, ...rest } = own;
    const auth = String(rest.auth).startsWith('client_secret') ? rest.auth : 'client_secret_basic';
    const wrong = new Client({ ...rest, auth, clientSecret: 'not-the-secret' });
    const unknown = new Client({ ...rest, auth, clientSecret: 'not-the-secret', clientId: 'a-client-that-there-is-not' });
    const greedy = new Client({ ...own, scope: `${own.scope ?? ''} ${tooMuch}`.trim() });
    const use = (token) => call(api, { Authorization: `Bearer ${token}` });
    let old; // a token of this virtual user, and from when on it must be refused

    function expired() {
        const { ok, accessToken, expiresIn } = old === undefined ? right.acquire() : { ok: false };
        if (ok) {
            old = { token: accessToken, from: Date.now() + ((expiresIn ?? Infinity) + tolerance) * 1000 };
        }
        return old !== undefined && Date.now() > old.from ? use(old.token) : undefined;
    }

    return {
        'wrong-secret': [() => grant(wrong), ...noClient],
        'unknown-client': [() => grant(unknown), ...noClient],
        'wrong-scope': [() => grant(greedy), ...noScope],
        'no-token': [() => call(api, {}), ...noToken],
        garbage: [() => use('garbage'), ...noToken],
        altered: [() => attempt(() => use(altered(right.token())), () => undefined), ...noToken],
        expired: [expired, ...noToken],
    };
}

function grant(client) {
    const { status, error, scope, timings } = client.acquire();
    const granted = scope !== null && scope.split(' ').includes(tooMuch) ? 'granted' : 'ignored';
    return { status, error: error ?? granted, time: timings === null ? 0 : timings.duration };
}

/** A request to the API. The challenge need not have an error, but must be there (RFC 6750 §3). */
function call(api, headers) {
    const { status, headers: sent, timings } = http.request(api.method, api.url, api.body, {
        ...api.params, headers: { ...api.params.headers, ...headers }, responseCallback: http.expectedStatuses(401),
    });
    const challenge = sent['Www-Authenticate'];
    const error = /error="([^"]*)"/.exec(challenge ?? '');
    return { status, error: challenge && (error === null ? 'none' : error[1]), time: timings.duration };
}

/** The token with another character in its middle. */
function altered(token) {
    const middle = token.length >> 1;
    return token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1);
}
