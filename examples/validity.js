// A run whose measurements cannot be trusted says so in the log, in its summary, and with exit code 90. Here, dropped
// iterations would make the run invalid. 401 responses would do the same. docs/guides/validity.md lists the rules.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/validity.js
import { check } from 'k6';
import { Client, validity } from 'k6/x/clientcreds';

export const options = {
    scenarios: {
        orders: { executor: 'constant-arrival-rate', rate: 10, timeUnit: '1s', duration: '2s', preAllocatedVUs: 10 },
    },
    thresholds: { checks: ['rate==1'] },
    // A test can allow what it does on purpose: up to half of the responses may be 401.
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
