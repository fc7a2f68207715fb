// Authentication with a signed JWT instead of a secret (private_key_jwt, RFC 7523). The key can be PEM or a JWK; kid names
// it where the server has several. Each request has a JWT of its own; what the signatures cost is in
// clientcreds_request_signing. With issuer the JWT is for the issuer; with tokenUrl for the token endpoint, unless
// assertion.audience says otherwise.
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
