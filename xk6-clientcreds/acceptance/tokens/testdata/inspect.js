// Inspects a token that is right, and the same token by clients that want another one.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 3, iterations: 6, thresholds: { checks: ['rate==1'], clientcreds_clock_skew: ['max<2000'] } };
const base = {
    issuer: __ENV.ISSUER, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET,
    scope: __ENV.SCOPE, resource: __ENV.RESOURCE,
};
const client = new Client(base);
const other = new Client({ ...base, resource: 'https://other.example.com/' });
const elsewhere = new Client({
    ...base, issuer: undefined, tokenUrl: __ENV.TOKEN_URL, jwksUrl: __ENV.ISSUER + '/jwks',
});
const keyless = new Client({ ...base, issuer: undefined, tokenUrl: __ENV.TOKEN_URL, jwksUrl: __ENV.ISSUER + '/nowhere' });

export default function () {
    const token = client.token();
    check(client.inspect(), {
        'valid': (i) => i.valid === true && i.problems.length === 0,
        'a JWT access token': (i) => i.format === 'jwt' && i.header?.typ === 'at+jwt' && i.bytes === token.length,
        'its claims': (i) => i.claims?.iss === __ENV.ISSUER && i.claims?.client_id === __ENV.CLIENT_ID && i.claims?.aud === __ENV.RESOURCE,
        'its scope': (i) => i.scope.granted?.join(' ') === __ENV.SCOPE && i.scope.missing?.length === 0 && i.scope.extra?.length === 0,
        'its lifetime': (i) => i.expiresIn === Number(__ENV.LIFETIME),
        'the clocks agree': (i) => i.clockSkew === 0,
    });
    check(other.inspect(token), {
        'for somebody else': (i) => i.valid === false && i.problems.length === 1 && i.problems[0].startsWith('aud: '),
    });
    check(elsewhere.inspect(token), { 'keys by their URL': (i) => i.valid === true });
    check(keyless.inspect(token), { 'no keys': (i) => i.valid === null && i.problems[0].startsWith('keys: ') });
    const [header, , signature] = token.split('.');
    const changed = [header, token.split('.')[1].slice(0, -4), signature].join('.');
    check(client.inspect(changed), { 'changed': (i) => i.valid !== true });
    check(client.inspect('an-opaque-one'), { 'opaque': (i) => i.valid === null && i.format === 'opaque' && i.claims === null });
}
