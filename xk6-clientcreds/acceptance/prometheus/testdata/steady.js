// A run that goes well: an API with cached tokens, a token endpoint at a steady rate, and tokens that are given up.
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { clientOptions } from '../../../../scripts/lib/config.js';
import { duration, env } from '../../../../scripts/lib/environment.js';

const time = duration('DURATION', '20s');

export const options = {
    scenarios: {
        api: { executor: 'constant-vus', vus: 5, duration: time },
        token: {
            executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: time,
            preAllocatedVUs: 40, exec: 'acquire',
        },
        giveUp: { executor: 'constant-vus', vus: 1, duration: time, exec: 'giveUp' },
    },
    thresholds: {
        checks: ['rate==1'],
        http_req_failed: ['rate==0'],
        http_req_duration: ['p(95)<60000'],
        'clientcreds_rejections': ['count==0'],
    },
    // Ranks next to those that are compared: an estimate lies between them.
    summaryTrendStats: ['count', 'avg', 'min', 'max', 'p(40)', 'p(50)', 'p(60)', 'p(93)', 'p(95)', 'p(97)', 'p(98.5)', 'p(99)', 'p(99.5)'],
};

const client = new Client(clientOptions({ cache: { leeway: '2s', refresh: 'blocking' } }));
const shortUse = new Client(clientOptions({ issuer: env('ISSUER'), tokenUrl: undefined }));
const api = __ENV.API_URL;

export default function () {
    check(client.get(api), { 'status is 200': (r) => r.status === 200 });
    sleep(0.02);
}

export function acquire() {
    check(client.acquire(), { 'token granted': (r) => r.ok });
}

export function giveUp() {
    const token = shortUse.token();
    check(shortUse.introspect(), { 'active': (r) => r.active === true });
    check(shortUse.revoke(), { 'revoked': (r) => r.ok });
    check(shortUse.introspect(token), { 'not active': (r) => r.active === false });
    sleep(0.2);
}
