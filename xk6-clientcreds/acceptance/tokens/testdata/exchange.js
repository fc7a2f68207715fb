// Exchanges tokens in all ways, and in those that the server refuses.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: {
    checks: ['rate==1'],
    'clientcreds_requests{grant:client_credentials}': ['count>0'],
    'clientcreds_requests{grant:token_exchange}': ['count>0'],
    'clientcreds_requests{grant:token_exchange,status:400}': ['count>0'],
} };
const jwt = 'urn:ietf:params:oauth:token-type:jwt';
const base = {
    issuer: __ENV.ISSUER, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, scope: __ENV.SCOPE,
    auth: /** @type {import('k6/x/clientcreds').AuthMethod} */ (__ENV.AUTH),
};
const exchanging = (exchange, more) => new Client({ ...base, ...more, exchange });
const owner = new Client({ ...base, clientId: 'owner' });
const narrow = exchanging({ audience: ['inventory', 'billing'], resource: 'https://api.example/', scope: 'orders.read', requestedTokenType: jwt });
const wider = exchanging({ scope: 'admin' });
const forbidden = exchanging({}, { clientId: 'owner' });
const broken = exchanging({ subjectToken: 'of-nobody-here' });

export default function () {
    const token = narrow.token();
    check(narrow.inspect(), {
        'valid': (i) => i.valid === true && i.problems.length === 0,
        'for all of them': (i) => [i.claims?.aud].flat().join(' ') === 'inventory billing https://api.example/',
        'of less scope': (i) => i.scope.granted?.join() === 'orders.read' && i.claims?.sub === __ENV.CLIENT_ID,
    });
    check(narrow.get(__ENV.API_URL), { 'the API takes it': (r) => r.status === 200 && r.json('scope') === 'orders.read' });
    check(narrow.introspect(), { 'active': (r) => r.active === true });
    check(narrow.token(), { 'cached': (again) => again === token });

    const delegated = new Client({ ...base, exchange: { subjectToken: owner.token() }, cache: { scope: 'none' } });
    check(delegated.acquire(), { 'acting': (r) => r.ok && r.retries === 0 && r.expiresIn !== null && r.expiresIn <= 60 });
    check(delegated.inspect(delegated.token()), {
        'for the owner': (i) => i.valid === true && i.claims?.sub === 'owner' && i.claims?.act?.['sub'] === __ENV.CLIENT_ID,
    });

    check(wider.acquire(), { 'no more scope': (r) => r.error === 'invalid_scope' && r.grant === 'token_exchange' && r.status === 400 });
    check(forbidden.acquire(), { 'not allowed': (r) => r.error === 'unauthorized_client' && r.grant === 'token_exchange' });
    check(broken.acquire(), { 'no token': (r) => r.error === 'invalid_request' && String(r.errorDescription).startsWith('the subject token is malformed') });
}
