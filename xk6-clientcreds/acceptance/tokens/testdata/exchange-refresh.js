// Uses exchanged tokens for longer than they live.
import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 4, duration: '5s', thresholds: {
    clientcreds_rejections: ['count==0'],
    clientcreds_expired_token_uses: ['count==0'],
    'clientcreds_requests{reason:early,grant:client_credentials}': ['count>=4'],
    'clientcreds_requests{reason:early,grant:token_exchange}': ['count>=4'],
} };
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET,
    exchange: { audience: 'x' }, cache: { leeway: '40%' },
});

export default function () {
    client.get(__ENV.API_URL);
    sleep(0.05);
}
