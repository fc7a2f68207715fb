// One request to an API. Whether the exporter gets its samples, and whether it is scraped, is not up to the script.
import http from 'k6/http';
import { blocks } from 'k6/x/bench';

const api = __ENV.API_URL;
const params = { headers: { Authorization: `Bearer ${__ENV.TOKEN}` } };

function request() {
    const res = http.get(api, params);
    if (res.status !== 200) throw new Error(`status ${res.status} from the API`);
}

const bench = blocks({
    'no output': request,
    'no output, again': request,
    'scraped every second': request,
});

export const options = bench.options;

export default function () {
    bench.run();
}
