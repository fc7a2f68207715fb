// Token requests all the time, by a client whose credentials are where CREDENTIALS says.
import { check, sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { scenarios: { all: { executor: 'constant-vus', vus: 4, duration: __ENV.DURATION } } };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    cache: { scope: __ENV.CACHE_SCOPE },
    ...JSON.parse(__ENV.CREDENTIALS),
});

export default function () {
    client.invalidate();
    check(client.token(), { 'a token': (token) => token.length > 0 });
    sleep(Number(__ENV.PAUSE || '0.02'));
}
