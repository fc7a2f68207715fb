// Reads the request to the protected API, and the accepted responses, from the environment.
//
//   API_URL                  URL of the API
//   API_METHOD               HTTP method; GET by default
//   API_BODY                 request body; set its content type in API_HEADERS
//   API_HEADERS              request headers as a JSON object; the client adds the token
//   API_STATUS               accepted status, or several, such as `200,201`; any 2xx by default

import http from 'k6/http';
import { attempt } from './call.js';
import { env, fail, shown, url } from './environment.js';

/** The protected API. */
export function protectedApi() {
    const target = url('API_URL', 'the URL of the protected API to load');
    const body = env('API_BODY') ?? null;
    const method = methodOf('API_METHOD', body);
    const headers = headersOf('API_HEADERS');
    const statuses = statusesOf('API_STATUS');
    const right = (res) => (statuses === undefined ? res.status >= 200 && res.status <= 299 : statuses.includes(res.status));
    const wanted = statuses === undefined ? '2xx' : statuses.join(' or ');
    const params = {
        headers,
        responseCallback: http.expectedStatuses(...(statuses ?? [{ min: 200, max: 299 }])),
        ...(statuses?.some((status) => status >= 300 && status <= 399) && { redirects: 0 }),
    };
    const send = (client) => client.request(method, target, body, params);
    return {
        url: target, method, body, params,
        name: shown(target), // for messages
        wanted,
        right,
        checks: { [`status is ${wanted}`]: right },
        /** The request by a client, which authorizes it. */
        send,
        /** Like send. Without a token, and thus without a request, it returns an answer with status 0. */
        trySend: (client) => attempt(() => send(client), (e) => ({ status: 0, error: e.error })),
    };
}

function methodOf(name, body) {
    const method = env(name, 'GET').toUpperCase();
    if (!/^[A-Z]+$/.test(method)) {
        fail(`${name} is "${method}"; it must be an HTTP method such as POST`);
    }
    if (body !== null && ['GET', 'HEAD'].includes(method)) {
        fail(`API_BODY is set, but ${name} is ${method}, which has no body; set ${name}, for example to POST`);
    }
    return method;
}

/** Headers may hold secrets: no message shows them. */
function headersOf(name) {
    const text = env(name, '{}');
    let headers;
    try {
        headers = JSON.parse(text);
    } catch (e) {
        headers = null;
    }
    if (headers === null || typeof headers !== 'object' || Object.values(headers).some((value) => typeof value !== 'string') || Array.isArray(headers)) {
        fail(`${name} must be a JSON object of strings, such as {"Accept": "application/json"}`);
    }
    const own = Object.keys(headers).find((header) => ['authorization', 'dpop'].includes(header.toLowerCase()));
    if (own !== undefined) {
        fail(`${name} has ${own}, which the client sets; remove it`);
    }
    return headers;
}

function statusesOf(name) {
    const text = env(name);
    if (text === undefined) {
        return undefined;
    }
    const list = text.split(/[\s,]+/);
    if (list.some((status) => !/^[1-5][0-9][0-9]$/.test(status))) {
        fail(`${name} is "${text}"; it must be a status such as 204, or several such as 200,201`);
    }
    return list.map(Number);
}
