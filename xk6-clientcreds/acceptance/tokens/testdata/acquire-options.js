// Token requests under the options of k6 in OPTIONS: three iterations of one virtual user, with two acquire() and one
// acquireBatch(1) each.
import { Client } from 'k6/x/clientcreds';

export const options = { ...JSON.parse(__ENV.OPTIONS), scenarios: {
    acquire: { executor: 'per-vu-iterations', vus: 1, iterations: 3 },
} };

const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: 'demo', clientSecret: 'secret-of-demo' });

export default async function () {
    for (const result of [client.acquire(), await client.acquireAsync(), ...client.acquireBatch(1)]) {
        if (!result.ok) console.error(`${result.error}: ${result.errorDescription}`);
    }
}
