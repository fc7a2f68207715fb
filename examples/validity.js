// A run whose numbers do not count says so: in the log and in its summary, and by exit code 90. Here iterations would be
// dropped if the rate were not kept; 401 answers would do the same. docs/guides/validity.md has the rules.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/validity.js
import { check } from 'k6';
import { Client, validity } from 'k6/x/clientcreds';

export const options = {
    scenarios: {
        orders: { executor: 'constant-arrival-rate', rate: 10, timeUnit: '1s', duration: '2s', preAllocatedVUs: 10 },
    },
    thresholds: { checks: ['rate==1'] },
    // What a test does on purpose is no reason: up to half of the answers may be 401.
    ext: { clientcreds: { allow: { rejections: 0.5 } } },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}

export function handleSummary() {
    const { verdict, reasons } = validity();
    return { stdout: [verdict, ...reasons.map(({ rule, text }) => `${rule}: ${text}`)].join('\n') + '\n' };
}
