// Authentication with a signed JWT instead of a secret (private_key_jwt, RFC 7523). The key is PEM or a JWK. kid
// selects the key if the server has several. Each request has its own JWT. clientcreds_request_signing is the cost of
// the signatures. The audience is the issuer, or with tokenUrl the token endpoint, unless assertion.audience is set.
//
//   build/k6 x clientcreds serve --client-key build/client-key.pem -- build/k6 run examples/private-key-jwt.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } },
    thresholds: { checks: ['rate==1'], clientcreds_request_signing: ['max>0'] },
};

const client = new Client({
    issuer: __ENV.ISSUER,
    clientId: __ENV.CLIENT_ID,
    auth: 'private_key_jwt',
    key: { file: __ENV.CLIENT_KEY_FILE, alg: 'ES256' },
    assertion: { lifetime: '30s' },
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
