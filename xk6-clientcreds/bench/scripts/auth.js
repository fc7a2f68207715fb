// One token request by acquire(), with each way of authenticating that takes less time than the request itself.
import { blocks } from 'k6/x/bench';
import { acquire, key, newClient } from './client.js';

function assertion(name, alg) {
    return newClient({ clientSecret: undefined, auth: 'private_key_jwt', key: key(name, alg) });
}

const basic = newClient();
const post = newClient({ auth: 'client_secret_post' });
const hs256 = newClient({ auth: 'client_secret_jwt' });
const es256 = assertion('ec', 'ES256');
const eddsa = assertion('ed25519', 'EdDSA');
const basicBound = newClient({ dpop: true });
const es256Bound = newClient({ clientSecret: undefined, auth: 'private_key_jwt', key: key('ec', 'ES256'), dpop: true });

const bench = blocks({
    client_secret_basic: () => acquire(basic),
    'client_secret_basic, again': () => acquire(basic),
    client_secret_post: () => acquire(post),
    'client_secret_jwt, HS256': () => acquire(hs256),
    'private_key_jwt, ES256': () => acquire(es256),
    'private_key_jwt, EdDSA': () => acquire(eddsa),
    'client_secret_basic + DPoP, ES256': () => acquire(basicBound),
    'private_key_jwt + DPoP, ES256': () => acquire(es256Bound),
});

export const options = bench.options;

export default function () {
    bench.run();
}
