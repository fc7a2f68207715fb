// The methods of client authentication that a scenario compares.
import { env, fail } from './environment.js';

/** Those in METHODS; by default all that the credentials in the environment allow. */
export function methods() {
    const allowed = [];
    if (['CLIENT_SECRET', 'CLIENT_SECRET_FILE', 'CLIENT_SECRET_SOURCE'].some((name) => env(name) !== undefined)) {
        allowed.push('client_secret_basic', 'client_secret_post');
    }
    if (env('CLIENT_SECRET', '').length >= 32) { // RFC 7518 §3.2
        allowed.push('client_secret_jwt');
    }
    if (env('CLIENT_KEY_FILE') !== undefined) {
        allowed.push('private_key_jwt');
    }
    if (env('CLIENT_CERTIFICATE_FILE') !== undefined) {
        allowed.push('tls_client_auth', 'self_signed_tls_client_auth');
    }
    const names = env('METHODS', allowed.join(' ')).split(/[\s,]+/).filter((name) => name !== '');
    if (names.length === 0) {
        fail('there are no credentials; set CLIENT_SECRET, CLIENT_KEY_FILE or CLIENT_CERTIFICATE_FILE');
    }
    return [...new Set(names)]; // a scenario each, of that name
}
