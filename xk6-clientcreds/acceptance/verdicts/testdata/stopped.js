// A run that its threshold stops.
import { Client } from 'k6/x/clientcreds';

export const options = {
    vus: 1, duration: '1m', thresholds: { iterations: [{ threshold: 'count<1', abortOnFail: true }] },
};
const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET });

export default function () { client.get(__ENV.API_URL); }
