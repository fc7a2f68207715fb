// Token exchange (RFC 8693): a service exchanges its own token for a token for another service, with less scope. Both
// requests are load on the authorization server. The tag grant distinguishes them.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/token-exchange.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { api: { executor: 'per-vu-iterations', vus: 2, iterations: 5 } },
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_requests{grant:client_credentials}': ['count==2'],
        'clientcreds_requests{grant:token_exchange}': ['count==2'],
        'clientcreds_request_duration{grant:token_exchange}': ['p(95)<500'],
    },
};

const client = new Client({
    issuer: __ENV.ISSUER,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope: ['orders.read', 'orders.write'], // of the token that is given away
    exchange: {
        audience: 'inventory',
        scope: ['orders.read'], // of the token that comes in return
        // subjectToken: __ENV.USER_TOKEN, // to act for its owner: the client's token is the actor then
    },
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });

    if (__ITER === 0) {
        check(client.introspect(), {
            'for the other service': (r) => r.claims !== null && r.claims.aud === 'inventory',
            'of less scope': (r) => r.scope === 'orders.read',
        });
    }
}
