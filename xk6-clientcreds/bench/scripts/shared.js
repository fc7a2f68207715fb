// One request with the first of many clients: without a pool, as scripts do it by hand.
import http from 'k6/http';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
import { Client } from 'k6/x/clientcreds';

const clients = new SharedArray('clients', () => JSON.parse(open(__ENV.CLIENTS_FILE)));
const client = new Client({ tokenUrl: __ENV.TOKEN_URL, ...clients[Math.max(0, __VU - 1) % clients.length] });

export default function () {
    http.get(__ENV.API_URL, { headers: client.headers() });
    sleep(Number(__ENV.PAUSE || 0));
}
