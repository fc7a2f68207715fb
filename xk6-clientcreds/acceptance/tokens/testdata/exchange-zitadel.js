// Exchanges tokens at zitadel/oidc.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: {
    checks: ['rate==1'],
    'clientcreds_requests{grant:token_exchange,status:200}': ['count==3'],
    'clientcreds_requests{grant:token_exchange,error:invalid_response}': ['count==1'],
    'clientcreds_requests{grant:token_exchange,error:invalid_request}': ['count==1'],
} };
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const base = { issuer: __ENV.ISSUER, clientId: 'service', clientSecret: 'of-the-service', scope: ['openid', 'profile'] };
const owner = new Client({ ...base, clientId: 'owner', clientSecret: 'of-the-owner' });
const exchanging = (exchange) => new Client({ ...base, exchange });
const narrow = exchanging({ requestedTokenType: accessToken, audience: 'service', scope: 'openid' });
const undecided = exchanging({});
const broken = exchanging({ requestedTokenType: accessToken, subjectToken: 'of-nobody-here' });

export default function () {
    const token = narrow.token();
    check(narrow.introspect(), {
        'active': (r) => r.active === true && r.scope === 'openid',
        'of the service': (r) => r.claims?.sub === 'service' && r.claims?.client_id === 'service',
    });
    check(narrow.token(), { 'cached': (again) => again === token });
    const delegated = new Client({ ...base, exchange: { requestedTokenType: accessToken, audience: 'service', scope: 'openid', subjectToken: owner.token() } });
    check(delegated.introspect(delegated.token()), {
        'for the owner': (r) => r.active === true && r.claims?.sub === 'owner',
    });
    check(undecided.acquire(), {
        'a refresh token is none': (r) => !r.ok && r.grant === 'token_exchange' && r.error === 'invalid_response' &&
            String(r.errorDescription).includes('refresh_token, which is not an access token'),
    });
    check(broken.acquire(), { 'no token': (r) => r.error === 'invalid_request' && r.errorDescription === 'subject_token is invalid' });
}
