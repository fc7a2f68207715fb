// Requests in scenarios that go on when there is no token.

/** client.get(url); where there is no token, and so no request, an answer with status 0. */
export function tryGet(client, url) {
    try {
        return client.get(url);
    } catch (e) {
        if (e.name !== 'TokenError') {
            throw e;
        }
        return { status: 0, error: e.error }; // counted in clientcreds_request_failed
    }
}
