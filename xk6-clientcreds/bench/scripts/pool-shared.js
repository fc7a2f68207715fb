// One request with the first of many clients: of a pool that is given a SharedArray.
import http from 'k6/http';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
import { ClientPool } from 'k6/x/clientcreds';

const clients = new SharedArray('clients', () => JSON.parse(open(__ENV.CLIENTS_FILE)));
const pool = new ClientPool({ tokenUrl: __ENV.TOKEN_URL, clients });

export default function () {
    http.get(__ENV.API_URL, { headers: pool.client().headers() });
    sleep(Number(__ENV.PAUSE || 0));
}
