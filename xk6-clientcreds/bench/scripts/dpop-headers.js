// The headers of one request, without sending it: with a bearer token, and with a proof by each algorithm.
import { blocks } from 'k6/x/bench';
import { newClient } from './client.js';

const api = __ENV.API_URL;
const bearer = newClient();
const es256 = newClient({ dpop: true });
const eddsa = newClient({ dpop: { alg: 'EdDSA' } });
const rs256 = newClient({ dpop: { alg: 'RS256', key: { file: `${__ENV.KEYS}/rsa.pem` } } });
let sink;

function headers(client, turns) {
    for (let i = 0; i < turns; i++) sink = client.headers('GET', api);
}

const bench = blocks({
    Bearer: (turns) => headers(bearer, turns),
    ES256: (turns) => headers(es256, turns),
    'ES256, again': (turns) => headers(es256, turns),
    EdDSA: (turns) => headers(eddsa, turns),
    RS256: (turns) => headers(rs256, turns),
});

export const options = bench.options;

export default function () {
    bench.run();
}
