// What a script without the module does: a token cached by hand, and looked at before every use.
import http from 'k6/http';
import encoding from 'k6/encoding';

const credentials = encoding.b64encode(`${__ENV.CLIENT_ID}:${__ENV.CLIENT_SECRET}`);

export const tokenUrl = __ENV.TOKEN_URL;
export const form = { grant_type: 'client_credentials', scope: __ENV.SCOPE };
export const params = { headers: { Authorization: `Basic ${credentials}` } };

let cached = null;

/** The cached token, or a new one when it is about to expire. */
export function token() {
    const now = Date.now();
    if (cached === null || now >= cached.freshUntil) {
        const grant = http.post(tokenUrl, form, params).json();
        cached = { token: grant.access_token, freshUntil: now + grant.expires_in * 900 };
    }
    return cached.token;
}

/** Headers for http.get. */
export function headers() {
    return { Authorization: `Bearer ${token()}` };
}
