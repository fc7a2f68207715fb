// Every phase of a test says that it has begun, and then goes on until something ends it.
import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

const { TOKEN_URL: tokenUrl, API_URL: api, CLIENT_SECRET: clientSecret, PHASE } = __ENV;
export const options = {
    scenarios: { load: { executor: 'constant-vus', vus: Number(__ENV.VUS), duration: PHASE === 'run' ? '10m' : '1s' } },
    setupTimeout: '10m', teardownTimeout: '10m',
};
const client = new Client({ tokenUrl, clientId: 'vu_background', clientSecret });

if (PHASE === 'init' && __VU === 1) {
    console.log('init has begun');
    for (const end = Date.now() + 10000; Date.now() < end;);
}

function phase(name) {
    if (PHASE === name) {
        console.log(`${name} has begun`);
        sleep(name === 'setup' ? 60 : 5);
    }
}

export function setup() {
    client.get(api);
    phase('setup');
}

export default function () {
    client.get(api);
    sleep(0.2);
}

export function teardown() {
    client.get(api);
    phase('teardown');
}
