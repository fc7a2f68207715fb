// Each of VUS virtual users authorizes ITERATIONS requests, by the options that the environment has.
import http from 'k6/http';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { clientOptions } from '../../../../scripts/lib/config.js';
import { count } from '../../../../scripts/lib/environment.js';

export const options = {
    scenarios: { every: { executor: 'per-vu-iterations', vus: count('VUS'), iterations: count('ITERATIONS') } },
    thresholds: { checks: ['rate==1'] },
};

const client = new Client(clientOptions());
const api = __ENV.API_URL;

export default function () {
    check(http.get(api, { headers: client.headers() }), { 'status is 200': (r) => r.status === 200 });
}
