// Sends credentials in both encodings of HTTP Basic.
import { Client } from 'k6/x/clientcreds';
import { check } from 'k6';

export const options = { thresholds: { checks: ['rate==1'] } };
const client = (basicEncoding) => new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: 'cc-encoded', clientSecret: 'p+ss%2Fword', basicEncoding,
});
const form = client('form');
const raw = client('raw');

export default function () {
    check(form.acquire(), { 'form': (r) => r.ok });
    check(raw.acquire(), {
        'raw': (r) => !r.ok && r.error === 'invalid_client' && r.status === 401 && r.accessToken === null,
    });
}
