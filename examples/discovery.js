// Discovery: the issuer's metadata (RFC 8414, OpenID Connect Discovery) says where the token endpoint is. It is fetched once
// per k6 process, at the first token request.
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
