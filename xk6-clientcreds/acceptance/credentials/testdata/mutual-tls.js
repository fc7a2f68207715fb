// Requests a token for every case and uses it, twice.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { iterations: 2, thresholds: { checks: ['rate==1'] } };
const cases = JSON.parse(__ENV.CASES);
const common = __ENV.ISSUER ? { issuer: __ENV.ISSUER } : { tokenUrl: __ENV.TOKEN_URL };
const clients = {};
for (const name of Object.keys(cases)) {
    clients[name] = new Client({ ...common, retry: { attempts: 1 }, ...cases[name].options });
}

export default function () {
    for (const name of Object.keys(cases)) {
        const want = cases[name];
        const got = clients[name].acquire();
        const right = (got.error || '') === want.error && (got.errorDescription || '').includes(want.description);
        check(got, { [name]: () => right }) || console.error(name + ': ' + got.error + ' ' + got.errorDescription);
        if (want.api) {
            const answer = clients[name].get(__ENV.API_URL);
            check(answer, { [name + ', API']: (r) => r.status === want.api }) || console.error(name + ': ' + answer.status + ' ' + answer.body);
        }
    }
}
