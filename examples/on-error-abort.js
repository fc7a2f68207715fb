// A test without tokens measures nothing. onError: 'abort' ends it at the first failure with exit code 108, instead
// of throwing the same error in every iteration.
//
//   CLIENT_SECRET=right build/k6 x clientcreds serve -- env CLIENT_SECRET=wrong build/k6 run examples/on-error-abort.js
import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 5, duration: '30s' };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    onError: 'abort',
});

export default function () {
    client.get(__ENV.API_URL);
    sleep(0.1);
}
