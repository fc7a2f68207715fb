// Authentication with a signed JWT that contains the certificate thumbprints x5t and x5t#S256, as Microsoft Entra ID
// and AD FS require (private_key_jwt, RFC 7523; RFC 7515 §4.1.8). The certificate is the one that is registered for
// the client. Use assertion.header for other header parameters.
//
//   build/k6 x clientcreds serve --tls-dir build/tls --client-certificate build/client.pem -- \
//     build/k6 run examples/private-key-jwt-certificate.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } },
    thresholds: { checks: ['rate==1'] },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    auth: 'private_key_jwt',
    certificate: { file: __ENV.CLIENT_CERTIFICATE_FILE },
    key: { file: __ENV.CLIENT_KEY_FILE },
    assertion: { header: { cty: 'JWT' } },
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
