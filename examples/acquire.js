// client.acquire() sends a token request each time and leaves the cache alone: for load on the token endpoint itself.
// An OAuth error is a result with error and status, not an exception.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/acquire.js
//
// SLOWEST is the time within which 95 of 100 requests must be answered, in milliseconds.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: {
        token: { executor: 'constant-arrival-rate', rate: 50, duration: '2s', preAllocatedVUs: 10 },
    },
    thresholds: {
        checks: ['rate==1'],
        clientcreds_request_duration: [`p(95)<${__ENV.SLOWEST || 500}`],
        clientcreds_request_failed: ['rate<0.01'],
    },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    const result = client.acquire();
    check(result, {
        'granted': (r) => r.ok && r.status === 200,
        'has a lifetime': (r) => r.expiresIn !== null && r.expiresIn > 0,
        'was timed': (r) => r.timings !== null && r.timings.waiting > 0,
    });
}
