// Uses tokens that are bound to a key, as their holder does and as thieves would.
import http from 'k6/http';
import encoding from 'k6/encoding';
import { sha256 } from 'k6/crypto';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } },
    thresholds: {
        checks: ['rate==1'], clientcreds_request_failed: ['rate==0'], clientcreds_rejections: ['count==0'],
        'clientcreds_dpop_nonce_retries{server:authorization}': ['count>=0'],
        'clientcreds_dpop_nonce_retries{server:resource}': ['count>=0'],
    },
};
const client = (more) => new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, scope: __ENV.SCOPE,
    dpop: true, ...more,
});
const holder = client();
const thief = client({ dpop: { alg: 'EdDSA' } });
const url = __ENV.API_URL;
const refused = { responseCallback: http.expectedStatuses(401) };
const status = (n) => ({ ['status is ' + n]: (r) => r.status === n });
const claims = (jwt) => JSON.parse(encoding.b64decode(jwt.split('.')[1], 'rawurl', 's'));

// A correct proof, except for its key, which is the thief's.
async function forged(token) {
    const base64 = (data) => encoding.b64encode(data, 'rawurl');
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    // A JWK that k6 exports has no leading zeros of x and y, which RFC 7518 §6.2.1.2 demands.
    const point = await crypto.subtle.exportKey('raw', pair.publicKey);
    const [x, y] = [base64(point.slice(1, 33)), base64(point.slice(33))];
    const right = claims(holder.headers('GET', url).DPoP);
    const text = base64(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x, y } })) + '.' +
        base64(JSON.stringify({ ...right, ath: sha256(token, 'base64rawurl') }));
    const bytes = Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));
    return text + '.' + base64(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes));
}

export default async function () {
    check(holder.get(url + '?q=1'), status(200));
    check(holder.post(url, 'tea'), status(200));
    check(http.get(url, { headers: holder.headers('GET', url) }), status(200));
    check(holder.authorization(), { 'scheme': (a) => a === 'DPoP ' + holder.token() });

    // The token without its proof, by another scheme, with a proof of another token, another key and another request.
    const steal = (headers) => check(http.get(url, { headers, ...refused }), status(401));
    steal({ Authorization: holder.authorization() });
    steal({ Authorization: 'Bearer ' + holder.token() });
    steal({ Authorization: holder.authorization(), DPoP: thief.headers('GET', url).DPoP });
    steal({ Authorization: holder.authorization(), DPoP: await forged(holder.token()) });
    steal(holder.headers('PUT', url));
    steal(holder.headers('GET', url + '/other'));
    const once = holder.headers('GET', url);
    check(http.get(url, { headers: once }), status(200));
    steal(once);
    if (__ENV.FORMAT === 'jwt') {
        check(claims(holder.token()), { 'cnf.jkt': (c) => /^[\w-]{43}$/.test(c.cnf.jkt) });
    }
}
