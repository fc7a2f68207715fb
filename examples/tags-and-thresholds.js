// Thresholds on the token endpoint. Its metrics accept thresholds like any other metric, also for one reason or tag.
// Rates and latencies of the API exclude token requests, unless httpMetrics is set.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/tags-and-thresholds.js
//
// SLOWEST is the time within which 95 of 100 requests must be answered, in milliseconds.
import { check, group } from 'k6';
import { Client } from 'k6/x/clientcreds';

const slowest = Number(__ENV.SLOWEST || 1000);

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 5 } },
    tags: { release: '2026.1' },
    thresholds: {
        checks: ['rate==1'],
        http_req_duration: [`p(95)<${slowest}`],
        http_reqs: ['count==10'],
        clientcreds_request_duration: [`p(95)<${slowest}`],
        'clientcreds_request_duration{reason:cold}': [`p(95)<${2 * slowest}`],
        'clientcreds_request_failed{tenant:blue}': ['rate==0'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: [{ threshold: 'count==0', abortOnFail: true }],
    },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    tags: { tenant: 'blue' },
});

export default function () {
    group('orders', () => {
        check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
    });
}
