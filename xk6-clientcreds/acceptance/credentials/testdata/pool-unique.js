// Gives every virtual user a client of its own.
import { ClientPool } from 'k6/x/clientcreds';

export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS), iterations: 2 } } };
const pool = new ClientPool({ tokenUrl: __ENV.TOKEN_URL, clients: { file: __ENV.CLIENTS_FILE } });

export default function () { pool.client().get(__ENV.API_URL); }
