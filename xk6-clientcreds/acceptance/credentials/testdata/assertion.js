// Uses the token that the options in OPTIONS bring.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: { checks: ['rate==1'], clientcreds_request_signing: ['max>0'] } };
const client = new Client({ issuer: __ENV.ISSUER, scope: 'api:read', ...JSON.parse(__ENV.OPTIONS) });

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
