// One token request by acquire() over TLS, with a secret and with a certificate.
import { blocks } from 'k6/x/bench';
import { acquire, newClient } from './client.js';

const basic = newClient();
const certified = newClient({
    clientSecret: undefined,
    auth: 'tls_client_auth',
    certificate: { file: `${__ENV.KEYS}/client.pem` },
    key: { file: `${__ENV.KEYS}/client-key.pem` },
});

const bench = blocks({
    client_secret_basic: () => acquire(basic),
    'client_secret_basic, again': () => acquire(basic),
    tls_client_auth: () => acquire(certified),
});

export const options = bench.options;

export default function () {
    bench.run();
}
