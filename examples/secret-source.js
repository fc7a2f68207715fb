// The client's secret from k6's secret sources, which keep it out of the script and the environment. --secret-source
// configures them: a file, an HTTP server, or here a mock.
//
//   CLIENT_SECRET=a-secret build/k6 x clientcreds serve -- \
//     build/k6 run --secret-source=mock=load-client=a-secret examples/secret-source.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 5 } },
    thresholds: { checks: ['rate==1'] },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: { secret: 'load-client' }, // source: 'name' where there are several
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
