// The client's secret in a file, as platforms mount it, instead of in the environment. If the file changes during the
// test, the client reads the new secret when the server rejects the old one, for all virtual users.
//
//   echo a-secret >build/secret
//   CLIENT_SECRET=a-secret build/k6 x clientcreds serve -- env CLIENT_SECRET_FILE=$PWD/build/secret build/k6 run examples/secret-file.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    scenarios: { each: { executor: 'per-vu-iterations', vus: 2, iterations: 5 } },
    thresholds: { checks: ['rate==1'] },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: { file: __ENV.CLIENT_SECRET_FILE }, // a relative path begins in the script's folder
});

export default function () {
    check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
}
