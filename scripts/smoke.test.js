// Does everything once: is the extension in this binary, and does it work with this server?
//
// What it measures: nothing. It is a test, not a load test.
// How to read it: a failed check names the problem. Run it before a load test, and after each change of the
// environment.
// Thresholds: every check passes (`checks`).
//
//   API_URL           URL of a protected resource
//
// The variables in lib/config.js apply as well.
import http from 'k6/http';
import { check } from 'k6';
import { TokenError } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient, tlsAuth } from './lib/config.js';

export const options = {
    vus: 1,
    iterations: 1,
    thresholds: { checks: ['rate==1'] },
    ...tlsAuth(), // for k6/http with client.headers()
};

const client = newClient(clientOptions());
const api = protectedApi();

export default async function () {
    const token = client.token();
    const promised = await client.tokenAsync();
    check(client, {
        'a token comes': () => token.length > 0,
        'the next one is the same, from the cache': () => client.token() === token,
        'headers carry it': () => client.headers(api.method, api.url).Authorization.endsWith(token),
        'the promise gives it too': () => promised === token,
    });
    check(client.acquire(), {
        'acquire() brings one': (r) => r.ok,
        'acquire() brings another one': (r) => r.accessToken !== token,
    });
    check(api.send(client), { 'client.request is authorized': api.right });
    const { method, url, body, params } = api;
    const byHand = { ...params, headers: { ...params.headers, ...client.headers(method, url) } };
    check(http.request(method, url, body, byHand), { 'k6/http is authorized': api.right });
    check(await client.asyncRequest(method, url, body, params), { 'client.asyncRequest is authorized': api.right });
    check(TokenError, { 'TokenError is a class of errors': (c) => c.prototype instanceof Error });
    client.invalidate();
    check(client.token(), { 'invalidate() brings a new one': (t) => t !== token });
}
