// Introspects, uses, and revokes a token, uses and introspects it again, and prints what the API answered.
import http from 'k6/http';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: { checks: ['rate==1'] } };
const endpoints = __ENV.INTROSPECTION_URL
    ? { tokenUrl: __ENV.TOKEN_URL, introspectionUrl: __ENV.INTROSPECTION_URL, revocationUrl: __ENV.REVOCATION_URL }
    : { issuer: __ENV.ISSUER };
const client = new Client({
    ...endpoints, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, scope: __ENV.SCOPE,
    auth: /** @type {import('k6/x/clientcreds').AuthMethod | undefined} */ (__ENV.AUTH || undefined),
});

export default function () {
    const token = client.token();
    const use = () => http.get(__ENV.API_URL, {
        headers: { Authorization: 'Bearer ' + token }, responseCallback: http.expectedStatuses(200, 401),
    }).status;
    check(client.introspect(), {
        'active': (r) => r.ok && r.status === 200 && r.active === true,
        'the scope asked for': (r) => r.scope === __ENV.SCOPE,
        'of this client': (r) => r.claims?.client_id === __ENV.CLIENT_ID,
        'for a while': (r) => Number(r.claims?.exp) > Date.now() / 1000,
        'timed': (r) => Number(r.timings?.waiting) > 0,
    });
    check(use(), { 'the API takes it': (status) => status === 200 });
    check(client.revoke(), { 'revoked': (r) => r.ok && r.status === 200 && r.error === null });
    check(use(), { 'the API refuses it': (status) => status === 401 });
    check(client.introspect(token), { 'not active': (r) => r.ok && r.active === false && r.scope === null });
    check(client.revoke(token), { 'revoked again': (r) => r.ok });
    check(client.introspect('no-token-of-this-server'), { 'an unknown one': (r) => r.ok && r.active === false });
    check(client.token(), { 'the next is another one': (next) => next !== token });
}
