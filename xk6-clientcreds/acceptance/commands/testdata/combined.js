// Does with one client everything that takes a token.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

const { AUTH: auth, CLIENT_KEY_FILE, CLIENT_CERTIFICATE_FILE, API_URL } = __ENV;
const described = { issuer: __ENV.ISSUER, clientId: __ENV.CLIENT_ID, auth, ...JSON.parse(__ENV.MORE) };
if (CLIENT_KEY_FILE) described.key = { file: CLIENT_KEY_FILE };
if (CLIENT_CERTIFICATE_FILE) described.certificate = { file: CLIENT_CERTIFICATE_FILE };
if (!CLIENT_KEY_FILE) described.clientSecret = { env: 'CLIENT_SECRET' };
const client = new Client(described);
export const options = { vus: 1, iterations: 2, thresholds: { checks: ['rate==1'], clientcreds_request_failed: ['rate==0'] } };
const ok = (r) => r.status === 200;

export default function () {
    check(client.acquire(), { acquire: (r) => r.ok && r.tokenType === (described.dpop ? 'DPoP' : 'Bearer') });
    check(client.get(API_URL), { get: ok });
    check(client.batch([['GET', API_URL], ['POST', API_URL, 'x=1']]), { batch: (list) => list.every(ok) });
    check(client.introspect(), { introspect: (r) => r.active === true });
    check(client.inspect(), { inspect: (r) => r.valid === true });
    check(client.revoke(), { revoke: (r) => r.ok });
    check(client.get(API_URL), { 'get with a new token': ok });
}
