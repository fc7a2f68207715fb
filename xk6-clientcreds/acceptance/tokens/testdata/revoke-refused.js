// Introspects and revokes where the server refuses it.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: { checks: ['rate==1'] } };
const client = (more) => new Client({ issuer: __ENV.ISSUER, clientId: 'cc-short', clientSecret: 'short-secret', ...more });
const jwt = client({ scope: 'api:read', resource: 'https://api.example/orders' });
const wrong = client({ clientSecret: 'not-the-secret' });
const elsewhere = client({ introspectionUrl: __ENV.ISSUER + '/nowhere', revocationUrl: __ENV.ISSUER + '/nowhere' });

export default function () {
    jwt.token();
    for (const f of ['introspect', 'revoke']) {
        check(jwt[f](), { 'a JWT': (r) => !r.ok && r.status === 400 && r.error === 'unsupported_token_type' });
        check(wrong[f]('some-token'), { 'a wrong secret': (r) => !r.ok && r.status === 401 && r.error === 'invalid_client' });
        check(elsewhere[f]('some-token'), { 'a wrong URL': (r) => !r.ok && r.status === 404 && r.timings !== null });
        jwt.token();
    }
}
