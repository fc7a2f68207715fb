// How a script experiences the replacement of a token. In the background (the default), it continues with the old
// token and does not wait. With 'blocking', the iteration waits, as in many client libraries. leeway and jitter say
// when: here, 30% to 50% of the lifetime before the expiry.
//
//   build/k6 x clientcreds serve --ttl 4s -- build/k6 run examples/refresh.js
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

const scenario = { executor: 'constant-vus', vus: 2, duration: '5s', gracefulStop: '5s' };

export const options = {
    scenarios: {
        background: { ...scenario, exec: 'background' },
        blocking: { ...scenario, exec: 'blocking' },
    },
    thresholds: {
        checks: ['rate==1'],
        clientcreds_expired_token_uses: ['count==0'],
        // Two users' first tokens are all that the background scenario waits for.
        'clientcreds_cache_misses{scenario:background}': ['count==2'],
        'clientcreds_cache_misses{scenario:blocking}': ['count>2'],
    },
};

const client = (refresh) => new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    cache: { leeway: '30%', jitter: '20%', refresh },
});
const inBackground = client('background');
const whileBlocking = client('blocking');

export function background() {
    get(inBackground);
}

export function blocking() {
    get(whileBlocking);
}

function get(client) {
    check(http.get(__ENV.API_URL, { headers: client.headers() }), { 'status is 200': (r) => r.status === 200 });
    sleep(0.1);
}
