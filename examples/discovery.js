// With issuer instead of tokenUrl, the client finds the token endpoint in the metadata of the authorization server
// (RFC 8414, or OpenID Connect Discovery). The metadata is fetched once per process.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/discovery.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 5, iterations: 20, thresholds: { checks: ['rate==1'] } };

const client = new Client({
    issuer: __ENV.ISSUER,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
