// The methods of client authentication that a scenario compares.
import { possibleMethods } from './authmethods.js';
import { env, fail } from './environment.js';

/** Those in METHODS; by default all that the credentials in the environment allow. */
export function methods() {
    const names = env('METHODS', possibleMethods().join(' ')).split(/[\s,]+/).filter((name) => name !== '');
    if (names.length === 0) {
        fail('the client has no credentials; set CLIENT_SECRET, CLIENT_KEY_FILE, or CLIENT_CERTIFICATE_FILE');
    }
    return [...new Set(names)]; // a scenario each, of that name
}
