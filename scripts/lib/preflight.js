// A look before the leap: wrong credentials or a wrong URL end the run before it begins, with one message instead of
// one for every iteration. Call it in setup().

import { shown } from './environment.js';

/** Gets one token and, where api is given, one answer of the API with it; throws when that fails. */
export function preflight(client, api) {
    client.token(); // throws a TokenError that says where to look
    if (api === undefined) {
        return;
    }
    const res = client.get(api);
    if (res.status !== 200) {
        const answer = res.status === 0 ? `gave no answer (${res.error})` : `answered ${res.status}${why(res)}`;
        throw new Error(`preflight: the API at ${shown(api)} ${answer} to a GET with a new token; it must be 200`);
    }
}

/** What a 401 or 403 gives as its reason (RFC 6750 §3). */
function why(res) {
    const challenge = res.headers['Www-Authenticate'];
    return challenge ? ` (${challenge})` : '';
}
