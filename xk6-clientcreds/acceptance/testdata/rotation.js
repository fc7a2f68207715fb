// Token requests all the time, with credentials that the environment says the place of.
import exec from 'k6/execution';
import { Client } from 'k6/x/clientcreds';

const vus = Number(__ENV.VUS || '4');

export const options = {
    scenarios: { all: { executor: 'constant-vus', vus, duration: __ENV.DURATION || '30s' } },
    thresholds: { clientcreds_secret_rotations: ['count==1'] },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    ...JSON.parse(__ENV.CREDENTIALS),
    retry: { attempts: 1 },
});

// A file says when the test has seen enough.
export default function () {
    client.invalidate();
    client.token(); // throws what the summary counts as an interrupted iteration
    if (exec.instance.iterationsCompleted >= Number(__ENV.ITERATIONS)) {
        exec.test.abort('enough');
    }
}
