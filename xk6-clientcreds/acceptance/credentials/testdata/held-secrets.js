// Holds a client, a pool, and their tokens for as long as the run takes.
import { sleep } from 'k6';
import { Client, ClientPool } from 'k6/x/clientcreds';

export const options = { vus: 5, duration: '2m' };

const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: { env: 'CLIENT_SECRET' } });
const pool = new ClientPool(
    { tokenUrl: __ENV.TOKEN_URL, clients: [{ clientId: 'pooled', clientSecret: __ENV.POOL_SECRET }] });

export default function () {
    client.token();
    pool.client().token();
    sleep(0.05);
}
