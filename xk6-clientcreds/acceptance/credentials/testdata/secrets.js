// Every way that a script and a server can bring a secret or a token near an output.
import http from 'k6/http';
import { check, group } from 'k6';
import { Client, ClientPool } from 'k6/x/clientcreds';

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
    'a server that echoes an assertion': new Client({
        tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, auth: 'private_key_jwt', key: { file: __ENV.KEY_FILE }, params: { echo: 'json' },
    }),
    'a server that echoes the assertion of a variable': new Client({
        tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, auth: 'private_key_jwt', assertion: { env: 'ASSERTION_VARIABLE' },
        params: { echo: 'json' },
    }),
    'a server that echoes a proof': new Client({ ...base, dpop: true, params: { echo: 'json' } }),
    'a server that echoes the tokens of an exchange': new Client({
        ...base, exchange: { subjectToken: __ENV.SUBJECT_TOKEN }, params: { echo: 'exchange' },
    }),
    'a server that echoes the actor of an exchange': new Client({
        ...base, exchange: { actorToken: __ENV.ACTOR_TOKEN }, params: { echo: 'exchange' },
    }),
    'nobody for a certificate': new Client({
        tokenUrl: 'https://127.0.0.1:9/token', clientId: __ENV.CLIENT_ID, auth: 'tls_client_auth', retry,
        certificate: { file: __ENV.CERTIFICATE_FILE }, key: { file: __ENV.CERTIFICATE_KEY_FILE },
    }),
    'nobody there': new Client({ ...base, tokenUrl: 'http://127.0.0.1:9/token', retry }),
    'no issuer': new Client({ ...credentials, issuer: `${__ENV.ISSUER}/nothing-here` }),
};
const bound = new Client({ ...base, dpop: { key: { file: __ENV.DPOP_KEY_FILE } } });
const exchanged = new Client({ ...base, exchange: { scope: 'orders.read' } });
const pool = new ClientPool({ tokenUrl: __ENV.TOKEN_URL, clients: [{ clientId: 'pooled', clientSecret: __ENV.POOL_SECRET }] });
const keys = ['KEY_FILE', 'DPOP_KEY_FILE', 'CERTIFICATE_KEY_FILE'].map((name) => open(__ENV[name]));
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

    group('of other kinds', () => {
        check(bound.get(__ENV.API_URL), { 'dpop': (r) => r.status === 200 });
        check(exchanged.get(__ENV.API_URL), { 'exchange': (r) => r.status === 200 });
        check(pool.client().get(__ENV.API_URL), { 'pool': (r) => r.status === 200 });
        console.log(bound.token(), JSON.stringify(bound.headers('GET', __ENV.API_URL)), exchanged.token(), pool.client().token());
        console.log(bound, pool, JSON.stringify(pool), JSON.stringify(pool.client()), JSON.stringify(bound.inspect()));
        console.log(__ENV.POOL_SECRET, __ENV.SUBJECT_TOKEN, __ENV.ACTOR_TOKEN, ...keys);
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
