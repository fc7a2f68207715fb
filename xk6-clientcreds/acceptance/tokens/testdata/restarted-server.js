// Loads a server that ends and starts again.
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { api: { executor: 'constant-vus', vus: 5, duration: '12s', gracefulStop: '30s' } },
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_requests{status:200}': ['count>0'],
        'clientcreds_requests{error:connection_refused}': ['count>0'],
    },
};
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: 'cc-short', clientSecret: 'short-secret',
    retry: { attempts: 100, backoff: '300ms', maxBackoff: '300ms', budget: '1m' },
});

export default function () {
    check(client.token(), { 'a token comes': (token) => token.length > 0 });
    sleep(0.05);
}
