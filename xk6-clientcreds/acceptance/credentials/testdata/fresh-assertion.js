// Retries a request whose assertion the provider has used up.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: { checks: ['rate==1'] } };
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: 'cc-pkjwt-ec', auth: 'private_key_jwt',
    retry: { attempts: 3, backoff: 0 }, ...JSON.parse(__ENV.OPTIONS),
});

export default function () {
    check(client.acquire(), {
        'retries': (r) => r.retries === Number(__ENV.RETRIES),
        'error': (r) => r.error === (__ENV.ERROR || null),
    });
}
