// Calls of a client in scenarios that continue without a token.
import exec from 'k6/execution';
import { env } from './environment.js';

const aborts = env('ON_ERROR') === 'abort';

/** Returns the result of a call, or without a token the result of otherwise for the error. */
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

/** client.acquire(), which has no option onError: with ON_ERROR=abort the test ends where it brings no token. */
export function acquire(client) {
    const result = client.acquire();
    if (aborts && !result.ok) {
        exec.test.abort(`${result.error}${result.status > 0 ? ` (HTTP ${result.status})` : ''}: ${result.errorDescription}`);
    }
    return result;
}
