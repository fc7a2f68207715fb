// One virtual user asks more often than the nonce changes, the other one less often.
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: {
        often: { executor: 'constant-vus', vus: 1, duration: '6s', exec: 'often' },
        seldom: { executor: 'per-vu-iterations', vus: 1, iterations: 3, exec: 'seldom' },
    },
    thresholds: {
        checks: ['rate==1'], http_req_failed: ['rate==0'], clientcreds_request_failed: ['rate==0'],
        'clientcreds_dpop_nonce_retries{scenario:often}': ['count==2'],
        'clientcreds_dpop_nonce_retries{scenario:seldom}': ['count==6'],
        'clientcreds_dpop_nonce_retries{server:resource}': ['count==4'],
    },
};
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, dpop: true,
    cache: { scope: /** @type {'vu' | 'shared' | 'none'} */ (__ENV.SCOPE_OF_CACHE) },
});

export function often() {
    check(client.get(__ENV.API_URL), { 'often': (r) => r.status === 200 });
    client.acquire();
    sleep(0.1);
}

export function seldom() {
    client.invalidate();
    check(client.get(__ENV.API_URL), { 'seldom': (r) => r.status === 200 });
    sleep(2.2);
}
