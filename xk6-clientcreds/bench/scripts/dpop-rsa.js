// One request to a protected API by client.get(), with a bearer token and with one that is bound to an RSA key.
import { blocks } from 'k6/x/bench';
import { newClient } from './client.js';

const api = __ENV.API_URL;
const bearer = newClient();
const rs256 = newClient({ dpop: { alg: 'RS256', key: { file: `${__ENV.KEYS}/rsa.pem` } } });

function get(client) {
    const res = client.get(api);
    if (res.status !== 200) throw new Error(`status ${res.status} from the API`);
}

const bench = blocks({
    Bearer: () => get(bearer),
    'Bearer, again': () => get(bearer),
    'DPoP, RS256': () => get(rs256),
});

export const options = bench.options;

export default function () {
    bench.run();
}
