// Requests scopes and resources, right ones and wrong ones.
import encoding from 'k6/encoding';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: { checks: ['rate==1'] } };
const client = (more) => new Client({ issuer: __ENV.ISSUER, clientId: 'cc-short', clientSecret: 'short-secret', ...more });
const none = client({ scope: ['api:write'] });
const some = client({ scope: ['api:read', 'unheard-of'] });
const resource = client({ scope: 'api:read', resource: 'https://api.example/orders' });
const nowhere = client({ resource: 'https://api.example/invoices' });
const claims = (token) => JSON.parse(encoding.b64decode(token.split('.')[1], 'rawurl', 's'));

export default function () {
    check(none.acquire(), {
        'a scope that the client may not have': (r) => r.error === 'invalid_scope' && r.status === 400,
    });
    check(some.acquire(), { 'a scope nobody knows is left out': (r) => r.scope === 'api:read' });
    check(resource.acquire(), { 'the audience is the resource': (r) => claims(r.accessToken).aud === 'https://api.example/orders' });
    check(nowhere.acquire(), { 'an unknown resource': (r) => r.error === 'invalid_target' });
    try {
        none.token();
    } catch (e) {
        check(e, {
            'a TokenError': (e) => e.name === 'TokenError' && e.error === 'invalid_scope' && !e.retryable,
            'says where to look': (e) => e.message.includes('check the scope option'),
        });
    }
}
