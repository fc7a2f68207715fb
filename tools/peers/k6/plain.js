// A token request as k6's users write it without an extension: http.post and a check.
import http from 'k6/http';
import encoding from 'k6/encoding';
import { check } from 'k6';
import { load } from './load.js';

export const options = load();

const credentials = encoding.b64encode(
    `${encodeURIComponent(__ENV.CLIENT_ID)}:${encodeURIComponent(__ENV.CLIENT_SECRET)}`);
const form = { grant_type: 'client_credentials', scope: __ENV.SCOPE };
const params = { headers: { Authorization: `Basic ${credentials}` } };

export default function () {
    const res = http.post(__ENV.TOKEN_URL, form, params);
    check(res, { 'is a token': (r) => r.status === 200 && Boolean(r.json('access_token')) });
}
