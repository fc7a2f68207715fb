// Failed token requests are retried after 429, 5xx, and lost connections, but never after a definitive error such as
// invalid_client. The server's Retry-After takes precedence. Otherwise, waits grow and are random.
// clientcreds_retries divided by clientcreds_requests is the load that retries add.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/retry.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 2, iterations: 4, thresholds: { checks: ['rate==1'] } };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    timeout: '5s',
    retry: { attempts: 5, backoff: '200ms', maxBackoff: '2s', budget: '20s' },
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
    const { ok, retries } = client.acquire(); // acquire() repeats a request only where retry is given
    check(null, { 'acquired': () => ok && retries < 5 });
}
