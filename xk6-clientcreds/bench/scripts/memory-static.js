// One request in every VU, which then keep still to be weighed: with a header that never changes.
import http from 'k6/http';
import { sleep } from 'k6';

const headers = { Authorization: `Bearer ${__ENV.TOKEN}` };

export default function () {
    if (__ENV.ONLY_START) return;
    http.get(__ENV.API_URL, { headers });
    sleep(600);
}
