// Load until the server says that it is enough: each quarter of the virtual users has its own kind of cache.
import exec from 'k6/execution';
import { sleep } from 'k6';
import { Client, TokenError } from 'k6/x/clientcreds';

const caches = {
    vu_background: { scope: 'vu', refresh: 'background' },
    vu_blocking: { scope: 'vu', refresh: 'blocking' },
    shared_background: { scope: 'shared', refresh: 'background' },
    shared_blocking: { scope: 'shared', refresh: 'blocking' },
};
const { TOKEN_URL: tokenUrl, API_URL: api, CLIENT_SECRET: clientSecret, TIMEOUT: timeout } = __ENV;
const pause = Number(__ENV.PAUSE);
const scenarios = {};
const clients = {};
for (const name of Object.keys(caches)) {
    scenarios[name] = { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) / 4, iterations: 1, maxDuration: '10m' };
    clients[name] = new Client({
        tokenUrl, clientId: name, clientSecret, timeout, cache: { leeway: '40%', jitter: '10%', ...caches[name] },
    });
}

export const options = { scenarios, dns: { ttl: '0' }, discardResponseBodies: true };

export default function () {
    const client = clients[exec.scenario.name];
    const vu = exec.vu.idInTest;
    const headers = { 'X-VU': vu };
    for (let n = 0, enough = false; !enough; n++) {
        try {
            headers['X-Request'] = `${vu}-${n}`;
            enough = client.get(api, { headers, timeout }).headers['X-Enough'] === 'yes';
        } catch (e) {
            if (!(e instanceof TokenError)) {
                throw e;
            }
        }
        sleep(pause * (0.5 + Math.random()));
    }
}
