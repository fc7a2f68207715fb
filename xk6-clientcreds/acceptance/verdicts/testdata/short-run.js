// A run of two seconds.
import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { scenarios: { api: { executor: 'constant-vus', vus: 2, duration: '2s', gracefulStop: '0s' } } };
const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET });

export default function () { client.get(__ENV.API_URL); sleep(0.1); }
