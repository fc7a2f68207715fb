// Each virtual user has a certificate of its own.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } },
    thresholds: { checks: ['rate==1'] },
    hosts: { 'idp.test': '127.0.0.1' }, insecureSkipTLSVerify: true, noVUConnectionReuse: true,
};
const [certificate, key] = JSON.parse(__ENV.FILES)[Math.max(0, __VU - 1)];
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: 'pki', auth: 'tls_client_auth', certificate: { file: certificate }, key: { file: key },
});

export default function () {
    check(client.acquire(), { 'a token': (r) => r.ok });
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
