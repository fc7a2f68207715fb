// The headers of one request, without sending it: with a bearer token, and with a proof by each algorithm.
import { blocks } from 'k6/x/bench';
import { newClient } from './client.js';

const api = __ENV.API_URL;
const bearer = newClient();
const es256 = newClient({ dpop: true });
const eddsa = newClient({ dpop: { alg: 'EdDSA' } });
const rs256 = newClient({ dpop: { alg: 'RS256', key: { file: `${__ENV.KEYS}/rsa.pem` } } });
let sink;

function headers(client, repeats) {
    for (let i = 0; i < repeats; i++) sink = client.headers('GET', api);
}

const bench = blocks({
    Bearer: (repeats) => headers(bearer, repeats),
    ES256: (repeats) => headers(es256, repeats),
    'ES256, again': (repeats) => headers(es256, repeats),
    EdDSA: (repeats) => headers(eddsa, repeats),
    RS256: (repeats) => headers(rs256, repeats),
});

export const options = bench.options;

export default function () {
    bench.run();
}
