// One token request by acquire(), with assertions whose signature takes many times as long as the request itself.
import { blocks } from 'k6/x/bench';
import { acquire, key, newClient } from './client.js';

function assertion(alg) {
    return newClient({ clientSecret: undefined, auth: 'private_key_jwt', key: key('rsa', alg) });
}

const basic = newClient();
const rs256 = assertion('RS256');
const ps256 = assertion('PS256');

const bench = blocks({
    client_secret_basic: () => acquire(basic),
    'client_secret_basic, again': () => acquire(basic),
    'private_key_jwt, RS256': () => acquire(rs256),
    'private_key_jwt, PS256': () => acquire(ps256),
});

export const options = bench.options;

export default function () {
    bench.run();
}
