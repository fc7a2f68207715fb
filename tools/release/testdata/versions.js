// k6 refuses the script where the binary has an older version of the extension, or does not say which it has.
'use k6 >= 2.2.0';
'use k6 with k6/x/clientcreds >= 0.1.0';

import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { iterations: 1, thresholds: { checks: ['rate==1'] } };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    check(client.get(__ENV.API_URL), { 'the API accepts the token': (r) => r.status === 200 });
}
