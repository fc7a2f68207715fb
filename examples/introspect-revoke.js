// Introspection (RFC 7662) and revocation (RFC 7009). A revocation with status 200 proves nothing, because servers
// also accept unknown tokens. The introspection afterwards proves it. Both results contain errors instead of throwing
// them.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/introspect-revoke.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    vus: 2,
    iterations: 10,
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_introspections{active:true}': ['count==10'],
        'clientcreds_introspections{active:false}': ['count==10'],
        clientcreds_introspection_duration: ['p(95)<500'],
        clientcreds_revocation_duration: ['p(95)<500'],
    },
};

const client = new Client({
    issuer: __ENV.ISSUER, // its metadata names the endpoints; with tokenUrl, set introspectionUrl and revocationUrl
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope: ['orders.read'],
});

export default function () {
    const token = client.token();
    check(client.introspect(token), {
        'active before': (r) => r.active === true,
        'has its scope': (r) => r.scope === 'orders.read',
        'has an expiry': (r) => r.claims !== null && (r.claims.exp ?? 0) > Date.now() / 1000,
    });

    check(client.revoke(), { 'the server accepted the revocation': (r) => r.ok && r.status === 200 });

    check(client.introspect(token), { 'not active after': (r) => r.active === false });
    check(client.token(), { 'the next token is another one': (next) => next !== token });
    client.revoke();
}
