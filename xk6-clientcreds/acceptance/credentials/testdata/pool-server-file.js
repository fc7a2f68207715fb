// A pool of the file that the local server takes.
import { check } from 'k6';
import { ClientPool } from 'k6/x/clientcreds';

export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2 } }, thresholds: { checks: ['rate==1'] } };
const pool = new ClientPool({ tokenUrl: __ENV.TOKEN_URL, clients: { file: __ENV.CLIENTS_FILE } });
const types = { 'shop-1': 'DPoP', 'shop-2': 'Bearer' };

export default function () {
    const client = pool.client();
    const id = String(client.get(__ENV.API_URL).json('client_id'));
    check(client.acquire(), { 'the type of its tokens': (r) => r.tokenType === types[id] });
}
