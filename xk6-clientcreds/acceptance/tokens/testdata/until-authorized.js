// Virtual users, all with the wrong secret, go on until the API has let them in.
import { Client } from 'k6/x/clientcreds';

export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 5, iterations: 1 } } };
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET,
    cache: { scope: /** @type {'vu' | 'shared' | 'none'} */ (__ENV.CACHE_SCOPE) },
});

export default function () {
    for (;;) {
        try {
            if (client.get(__ENV.API_URL).status === 200) return;
        } catch (e) {
            if (e.error !== 'invalid_client') throw e;
        }
    }
}
