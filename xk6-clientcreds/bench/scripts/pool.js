// One request with the first of many clients: of a pool that reads the file.
import http from 'k6/http';
import { sleep } from 'k6';
import { ClientPool } from 'k6/x/clientcreds';

const pool = new ClientPool({ tokenUrl: __ENV.TOKEN_URL, clients: { file: __ENV.CLIENTS_FILE } });

export default function () {
    http.get(__ENV.API_URL, { headers: pool.client().headers() });
    sleep(Number(__ENV.PAUSE || 0));
}
