// A run in which everything goes wrong that a dashboard shows or an alert is about.
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { Client } from 'k6/x/clientcreds';
import { clientOptions } from '../../../../scripts/lib/config.js';
import { duration, env } from '../../../../scripts/lib/environment.js';

const time = duration('DURATION', '20s');
const always = (exec, vus = 1) => ({ executor: 'constant-vus', vus, duration: time, exec });

export const options = {
    scenarios: {
        api: always('api', 2),
        anonymous: always('anonymous'),
        late: always('late'),
        refused: always('refused'),
        flaky: always('flaky'),
        signed: always('signed'),
        bound: always('bound'),
        unreachable: always('unreachable'),
        crowded: always('crowded'),
        // Twenty per second are asked for, and there is one virtual user, which makes two.
        starved: {
            executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: time,
            preAllocatedVUs: 1, maxVUs: 1, exec: 'starved',
        },
    },
    thresholds: { checks: ['rate==1'], 'http_req_duration{scenario:api}': ['max<0'] },
    batchPerHost: 1,
};

const client = new Client(clientOptions());
// Its tokens live shorter than the requests of late() take.
const shortLived = new Client(clientOptions({ clientId: env('SHORT_ID') }));
const wrong = new Client(clientOptions({ clientSecret: 'wrong' }));
const flakyClient = new Client(clientOptions({
    clientId: env('FLAKY_ID'), cache: { scope: 'none' }, retry: { attempts: 4, backoff: '50ms', maxBackoff: '100ms' },
}));
const signer = new Client(clientOptions({
    clientId: env('SIGNED_ID'), clientSecret: env('SIGNED_SECRET'), auth: 'client_secret_jwt',
}));
// Its secret is replaced while the test runs.
const rotating = new Client(clientOptions({ clientId: env('ROTATING_ID'), clientSecret: { file: env('ROTATING_FILE') } }));
// Its tokens are bound to a key, and the server demands nonces.
const boundClient = new Client(clientOptions({ dpop: true }));
const nowhere = new Client(clientOptions({ tokenUrl: env('CLOSED_URL') }));
const url = __ENV.API_URL;
const crowd = new Counter('crowd');

export function api() {
    check(client.get(url), { 'status is 200': (r) => r.status === 200 });
    sleep(0.05);
}

// Requests without a token.
export function anonymous() {
    check(http.get(url), { 'an anonymous request is answered': (r) => r.status === 200 });
    sleep(0.1);
}

// Requests that wait for each other until the token of the last ones has expired.
export function late() {
    shortLived.batch(Array(12).fill(`${url}/slow`));
}

export function refused() {
    wrong.acquire();
    sleep(0.1);
}

export function flaky() {
    flakyClient.token();
    sleep(0.1);
}

// Token requests that are authenticated by an assertion, and those with a secret that is rotated.
export function signed() {
    signer.acquire();
    rotating.acquire();
    sleep(0.1);
}

// Proofs whose nonce is no longer valid the next time.
export function bound() {
    boundClient.invalidate();
    check(boundClient.get(url), { 'a bound token is accepted': (r) => r.status === 200 });
    sleep(2.5);
}

export function unreachable() {
    nowhere.acquire();
    try {
        nowhere.token(); // held back after the first failures
    } catch (e) {
        check(e, { 'there is no token': ({ name }) => name === 'TokenError' });
    }
    sleep(0.3);
}

// More label sets than the exporter is to take.
export function crowded() {
    for (let i = 0; i < 200; i++) {
        crowd.add(1, { seat: String(i) });
    }
    sleep(0.5);
}

export function starved() {
    sleep(0.5);
}
