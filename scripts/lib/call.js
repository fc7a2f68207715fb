// Requests in scenarios that go on when there is no token.

/** What a call returns; where there is no token for it, what otherwise makes of the error. */
export function attempt(call, otherwise) {
    try {
        return call();
    } catch (e) {
        if (e.name !== 'TokenError') {
            throw e;
        }
        return otherwise(e); // counted in clientcreds_request_failed
    }
}

/** client.get(url); where there is no token, and so no request, an answer with status 0. */
export function tryGet(client, url) {
    return attempt(() => client.get(url), (e) => ({ status: 0, error: e.error }));
}
