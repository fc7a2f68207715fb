// Checks before the load, for setup(): wrong credentials, a wrong URL or a misspelled variable cause one message instead of one
// in every iteration.

import { suspects } from './environment.js';

let warned = false; // in this virtual user, which runs setup()

/** Gets one token and, where api is given, one answer of the API with it; throws when that fails. */
export function preflight(client, api) {
    warnOfSuspects();
    client.token(); // throws a TokenError that says where to look
    if (api === undefined) {
        return;
    }
    const res = api.send(client);
    if (!api.right(res)) {
        const answer = res.status === 0 ? `gave no answer (${res.error})` : `answered ${res.status}${why(res)}`;
        throw new Error(`preflight: the API at ${api.name} ${answer} to a ${api.method} with a new token; it must be ${api.wanted}. ` +
            'Set API_METHOD, API_BODY, API_HEADERS or API_STATUS if the API needs another request or answers with another status');
    }
}

/** Warns of variables that are probably misspelled ones of the scenario. */
export function warnOfSuspects() {
    if (!warned) {
        warned = true;
        suspects().forEach(([name, meant]) => console.warn(`${name} is not a variable of this scenario: did you mean ${meant}?`));
    }
}

/** What a 401 or 403 gives as its reason (RFC 6750 §3). */
function why(res) {
    const challenge = res.headers['Www-Authenticate'];
    return challenge ? ` (${challenge})` : '';
}

const queries = {
    introspection: ['INTROSPECTION_URL', (client) => client.introspect(client.token())],
    revocation: ['REVOCATION_URL', (client) => client.revoke(client.acquire().accessToken)],
};

/** After preflight(): introspects a token and revokes another. Throws if an endpoint is unknown or refuses the client. */
export function queryPreflight(client, kinds = Object.keys(queries)) {
    for (const kind of kinds) {
        const [variable, call] = queries[kind];
        ask(variable, kind, () => call(client));
    }
}

function ask(variable, what, call) {
    let answer;
    try {
        answer = call();
    } catch (e) {
        if (e.name !== 'TypeError') {
            throw e;
        }
        throw new Error(`preflight: ${e.message}; set ${variable}`); // neither the environment nor the metadata name it
    }
    const busy = answer.status >= 500 || answer.status === 429; // the load shows how often
    if (!answer.ok && !busy) {
        throw new Error(`preflight: the ${what} endpoint ${answer.status === 0 ? 'gave no answer' : `answered ${answer.status}`} ` +
            `(${answer.error}: ${answer.errorDescription}); check ${variable}, and whether the client may use it`);
    }
}
