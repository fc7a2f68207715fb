// Every way that a script and a server can bring a secret or a token near an output.
import http from 'k6/http';
import { check, group } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { all: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } },
    thresholds: {
        'clientcreds_requests{status:200}': ['count>0'],
        clientcreds_request_duration: ['p(95)<60000'],
        checks: ['rate==1'],
    },
    tags: { run: 'secrets' },
};

const credentials = { clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET };
const base = { ...credentials, tokenUrl: __ENV.TOKEN_URL };
const retry = { attempts: 2, backoff: '1ms' };
const good = new Client({ ...base, httpMetrics: true, tags: { tenant: 'blue' } });
const post = new Client({ ...base, auth: 'client_secret_post', cache: { scope: 'shared' } });
const asking = new Client({ ...credentials, issuer: __ENV.ISSUER, httpMetrics: true });
const refused = new Client({ ...credentials, issuer: __ENV.ISSUER, clientSecret: __ENV.WRONG_SECRET });
const failing = {
    'a wrong secret': new Client({ ...base, clientSecret: __ENV.WRONG_SECRET }),
    'a wrong secret in the body': new Client({ ...base, clientSecret: __ENV.WRONG_SECRET, auth: 'client_secret_post' }),
    'an unknown scope': new Client({ ...base, scope: 'unheard-of' }),
    'a server that answers with what it got': new Client({ ...base, params: { echo: 'json' } }),
    'a proxy that answers with what it got': new Client({ ...base, params: { echo: 'html' }, retry }),
    'a server that echoes the secret of a file': new Client({
        ...base, clientSecret: { file: __ENV.SECRET_FILE }, params: { echo: 'json' },
    }),
    'a server that echoes the secret of a variable': new Client({
        ...base, clientSecret: { env: 'SECRET_VARIABLE' }, params: { echo: 'json' }, auth: 'client_secret_post',
    }),
    'a server that echoes the secret of a source': new Client({
        ...base, clientSecret: { secret: 'mine' }, params: { echo: 'html' }, retry,
    }),
    'nobody there': new Client({ ...base, tokenUrl: 'http://127.0.0.1:9/token', retry }),
    'no issuer': new Client({ ...credentials, issuer: `${__ENV.ISSUER}/nothing-here` }),
};
const params = { headers: { 'Content-Type': 'application/json' } };

export default async function () {
    group('used', () => {
        check(http.get(__ENV.API_URL, { headers: good.headers() }), { 'k6/http': (r) => r.status === 200 });
        check(good.post(__ENV.API_URL, '{}', params), { 'client.post': (r) => r.status === 200 });
        check(post.acquire(), { 'client_secret_post': (r) => r.ok });
    });
    check(await post.asyncRequest('GET', __ENV.API_URL), { 'asyncRequest': (r) => r.status === 200 });

    group('refused', () => {
        check(good.get(`${__ENV.API_URL}/refused`), { 'a 401 that quotes the token': (r) => r.status === 401 });
        check(http.get(`${__ENV.API_URL}/refused`, { headers: good.headers() }), { 'also by k6/http': (r) => r.status === 401 });
    });

    group('logged', () => {
        console.log(good, JSON.stringify(good), String(good));
        console.log(good.token(), good.authorization(), JSON.stringify(good.headers({ accept: '*/*' })));
        console.log(JSON.stringify(http.get(__ENV.API_URL, { headers: good.headers() })));
        console.log(__ENV.CLIENT_SECRET, encodeURIComponent(__ENV.CLIENT_SECRET));
        console.warn(JSON.stringify(post.acquire()));
    });

    group('asked about and revoked', () => {
        const token = asking.token();
        console.log(JSON.stringify(asking.introspect()), JSON.stringify(refused.introspect(token)), JSON.stringify(refused.revoke(token)));
        check(asking.introspect(token), { 'active': (r) => r.active === true });
        check(asking.revoke(), { 'revoked': (r) => r.ok });
        console.log(token, JSON.stringify(asking.introspect(token)));
    });

    let last;
    for (const [what, client] of Object.entries(failing)) {
        try {
            client.token();
        } catch (e) {
            last = e;
            console.error(what, e, e.message, e.stack, JSON.stringify(e));
        }
        console.error(what, JSON.stringify(client.acquire()));
        check(last, { 'a TokenError': (e) => e && e.name === 'TokenError' });
        last = undefined;
    }
    if (__ITER === 0) {
        throw new Error(`uncaught: ${good.token()} ${good.authorization()} ${__ENV.CLIENT_SECRET}`);
    }
    failing['a server that answers with what it got'].token(); // throws what nobody catches
}
