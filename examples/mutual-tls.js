// Authentication with a certificate in the TLS handshake instead of a secret (tls_client_auth, RFC 8705). The server
// binds the token to the certificate, so the API accepts it only on a connection with the same certificate.
// client.get uses such connections. self_signed_tls_client_auth differs only in the server's registration of the
// client. Each virtual user can have its own certificate.
//
// For requests of other modules with client.headers(), k6 itself presents a certificate: see options.tlsAuth below.
// It is the same for all virtual users. `k6 archive` contains files that open() reads, including the key.
//
//   build/k6 x clientcreds serve --tls-dir build/tls --client-certificate build/client.pem -- build/k6 run examples/mutual-tls.js
import http from 'k6/http';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } },
    thresholds: { checks: ['rate==1'], clientcreds_rejections: ['count==0'] },
    tlsAuth: [{ cert: open(__ENV.CLIENT_CERTIFICATE_FILE), key: open(__ENV.CLIENT_KEY_FILE) }],
};

const client = new Client({
    issuer: __ENV.ISSUER, // its metadata may name other endpoints for clients with certificates
    clientId: __ENV.CLIENT_ID,
    auth: 'tls_client_auth',
    certificate: { file: __ENV.CLIENT_CERTIFICATE_FILE },
    key: { file: __ENV.CLIENT_KEY_FILE },
});

export default function () {
    check(client.get(__ENV.API_URL), { 'client.get shows the certificate': (r) => r.status === 200 });
    check(http.get(__ENV.API_URL, { headers: client.headers() }), { 'k6/http presents the certificate of tlsAuth': (r) => r.status === 200 });
}
