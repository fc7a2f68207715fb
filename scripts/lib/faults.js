// Faults of the local server, changed while a scenario runs: see docs/guides/faults.md. Other servers do not have them.
import http from 'k6/http';
import { url } from './environment.js';

/** Where the local server is administered. Without it the scenario cannot do what it is for. */
export function adminUrl() {
    return url('ADMIN_URL', 'the admin endpoint of the local server, by running this with k6 x clientcreds serve -- …');
}

/** Replaces the current document of faults. All faults start again. */
export function putFaults(document) {
    return json(order('PUT', '/faults', document));
}

/** The document of faults in force. */
export function getFaults() {
    return json(order('GET', '/faults'));
}

/** Changes the document in force by a JSON merge patch (RFC 7396); other faults go on as they are. */
export function patchFaults(patch) {
    return json(order('PATCH', '/faults', patch));
}

/** Ends all faults. */
export function clearFaults() {
    order('DELETE', '/faults');
}

/** Revokes all tokens that have been issued, the tokens of { client }, or a { share } of them. */
export function revokeTokens(which = {}) {
    order('POST', '/revocations', which);
}

/** Makes a new key for JWT access tokens; the former one is good for the overlap, such as "30s". */
export function rotateKey(overlap = '0s') {
    order('POST', '/keys', { overlap });
}

/** Replaces the secret of a client; the former one is good for the grace, such as "30s". */
export function rotateSecret(clientId, secret, grace = '0s') {
    order('POST', `/clients/${encodeURIComponent(clientId)}/secret`, { secret, grace });
}

/** Forgets the nonces that were handed out for DPoP proofs, as a restart does. */
export function forgetNonces() {
    order('POST', '/nonces');
}

/** The counts of requests that have arrived at the local server. */
export function stats() {
    return json(order('GET', '/stats'));
}

/**
 * One request to the admin endpoint. It counts in http_reqs, but not in http_req_failed; it has the tag name:admin and
 * no tag expected_response, so that http_req_duration{expected_response:true} is about the API alone.
 */
function order(method, path, body) {
    const res = http.request(method, adminUrl() + path, body === undefined ? null : JSON.stringify(body), {
        headers: { 'Content-Type': 'application/json' },
        tags: { name: 'admin' },
        responseCallback: /** @type {any} */ (null), // the types do not know that there may be none
        responseType: 'text',
    });
    if (res.status !== 200 && res.status !== 204) {
        throw new Error(`faults: ${method} ${path}: ${problem(res)}`);
    }
    return res;
}

function json(res) {
    return res.json();
}

/** Why the local server refused, in its own words. */
function problem(res) {
    if (res.status === 0) {
        return `no answer (${res.error})`;
    }
    try {
        return String(res.json('error_description'));
    } catch (e) {
        return `HTTP ${res.status}`;
    }
}
