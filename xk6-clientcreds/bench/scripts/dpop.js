// One request to a protected API by client.get(), with a bearer token and with one that is bound to a key.
import { blocks } from 'k6/x/bench';
import { newClient } from './client.js';

const api = __ENV.API_URL;
const bearer = newClient();
const es256 = newClient({ dpop: true });
const eddsa = newClient({ dpop: { alg: 'EdDSA' } });

function get(client) {
    const res = client.get(api);
    if (res.status !== 200) throw new Error(`status ${res.status} from the API`);
}

const bench = blocks({
    Bearer: () => get(bearer),
    'Bearer, again': () => get(bearer),
    'DPoP, ES256': () => get(es256),
    'DPoP, EdDSA': () => get(eddsa),
});

export const options = bench.options;

export default function () {
    bench.run();
}
