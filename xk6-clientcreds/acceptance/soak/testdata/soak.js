// A steady load for a long time.
import { sleep } from 'k6';
import { Client, TokenError } from 'k6/x/clientcreds';

const { TOKEN_URL: tokenUrl, API_URL: api, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, DURATION: duration } = __ENV;
export const options = {
    scenarios: { soak: { executor: 'constant-vus', vus: Number(__ENV.VUS), duration, gracefulStop: '30s' } },
    discardResponseBodies: true,
};
const client = new Client({ tokenUrl, clientId, clientSecret, cache: { leeway: '40%', jitter: '10%' } });
const pause = Number(__ENV.PAUSE);

export default function () {
    try {
        client.get(api);
    } catch (e) {
        if (!(e instanceof TokenError)) {
            throw e;
        }
    }
    sleep(pause * (0.5 + Math.random()));
}
