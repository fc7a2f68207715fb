// Tokens that are bound to a key (DPoP, RFC 9449), so that a stolen token is useless. The client's HTTP methods prove
// with each request that they have the key. For other k6 modules, client.headers(method, url) returns the headers of
// one request. A server may require a nonce in the proofs. The first request to it is then sent twice, which counts
// in clientcreds_dpop_nonce_retries and not as a failure. clientcreds_dpop_signing is the cost of the signatures.
//
//   build/k6 x clientcreds serve --dpop-nonce -- build/k6 run examples/dpop.js
import http from 'k6/http';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } },
    thresholds: {
        checks: ['rate==1'],
        clientcreds_request_failed: ['rate==0'],
        clientcreds_dpop_signing: ['max>0'],
        // The nonce of an answer is good for many requests: each virtual user has to ask for one once.
        'clientcreds_dpop_nonce_retries{server:resource}': ['count<=2'],
    },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    dpop: true, // a key of its own for each virtual user
});
const url = __ENV.API_URL;

export default function () {
    check(client.get(url), { 'a proof of its own': (r) => r.status === 200 });
    check(client.batch([url, { method: 'POST', url, body: 'tea' }]), { 'in a batch too': (all) => all.every((r) => r.status === 200) });

    // As for gRPC, WebSockets and whatever else takes headers. A proof is good for one request.
    const headers = client.headers('PUT', url, { 'Content-Type': 'text/plain' });
    check(http.put(url, 'tea', { headers }), { 'headers of one request': (r) => r.status === 200 });

    // A thief has the token, but not the key.
    const stolen = { headers: { Authorization: `Bearer ${client.token()}` }, responseCallback: http.expectedStatuses(401) };
    check(http.get(url, stolen), { 'a stolen token is refused': (r) => r.status === 401 });
}
