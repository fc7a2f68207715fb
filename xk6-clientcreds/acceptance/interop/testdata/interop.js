// Tries what CASES lists at one authorization server, each once, and sends REPORT_URL what came of it. A case is
// {name, kind, right, wrong}: what to do, with the options of a client, and of one whose credential is wrong.
import encoding from 'k6/encoding';
import http from 'k6/http';
import { Client } from 'k6/x/clientcreds';

export const options = { iterations: 1, thresholds: { clientcreds_request_signing: ['max>0'] } };

const cases = JSON.parse(__ENV.CASES).map((c) => ({ ...c, right: new Client(c.right), wrong: new Client(c.wrong) }));

const answer = (r) => ({ ok: r.ok, status: r.status, error: r.error, description: r.errorDescription });

/** What the token says, or where it does not speak, what the server says of it. */
function claims(client, token) {
    const parts = token.split('.');
    if (parts.length !== 3) {
        return client.introspect(token).claims;
    }
    return JSON.parse(encoding.b64decode(parts[1], 'rawurl', 's'));
}

const kinds = {
    grant({ right, wrong }) {
        return { right: answer(right.acquire()), wrong: answer(wrong.acquire()) };
    },
    bound({ right, wrong }) {
        const token = right.acquire();
        const cnf = token.ok ? claims(right, token.accessToken).cnf : null;
        const nonces = right.stats().nonceRetries;
        return { right: answer(token), wrong: answer(wrong.acquire()), bound: Object.keys(cnf || {}), nonces };
    },
    discovery({ right, issuer }) {
        const found = (name) => http.get(`${issuer}/.well-known/${name}`).status === 200;
        return {
            right: answer(right.acquire()),
            places: ['oauth-authorization-server', 'openid-configuration'].filter(found),
        };
    },
    claims({ right }) {
        const token = right.acquire();
        return { right: answer(token), claims: token.ok ? claims(right, token.accessToken) : null };
    },
    inspection({ right }) {
        const token = right.acquire();
        const { valid, problems } = right.inspect(token.accessToken);
        const [header, claims, signature] = token.accessToken.split('.');
        const forged = right.inspect([header, claims, signature.split('').reverse().join('')].join('.'));
        return { right: answer(token), valid, problems, forged: forged.valid };
    },
    introspection({ right, wrong }) {
        const r = right.introspect(right.token());
        const unknown = right.introspect('a-token-of-nobody');
        const refused = wrong.introspect(right.token());
        return { right: answer(r), wrong: answer(refused), active: r.active, unknown: unknown.active };
    },
    revocation({ right, wrong }) {
        const token = right.token();
        const refused = wrong.revoke(token);
        const before = right.introspect(token).active;
        const r = right.revoke(token);
        return { right: answer(r), wrong: answer(refused), active: before, unknown: right.introspect(token).active };
    },
};

export default function () {
    const results = Object.fromEntries(cases.map((c) => [c.name, kinds[c.kind](c)]));
    http.post(__ENV.REPORT_URL, JSON.stringify(results));
}
