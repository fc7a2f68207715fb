// One request in every VU, which then keep still to be weighed: with a header that never changes.
import http from 'k6/http';
import { sleep } from 'k6';

const headers = { Authorization: `Bearer ${__ENV.TOKEN}` };

// With ONLY_START, so many virtual users have one empty iteration each.
export const options = __ENV.ONLY_START
    ? { scenarios: { start: { executor: 'per-vu-iterations', vus: Number(__ENV.ONLY_START), iterations: 1 } } }
    : {};

export default function () {
    if (__ENV.ONLY_START) return;
    http.get(__ENV.API_URL, { headers });
    sleep(600);
}
