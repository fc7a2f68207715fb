// Three extensions in one binary, all used by one script.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { Faker } from 'k6/x/faker';
import second from 'k6/x/second';

export const options = { iterations: 3, thresholds: { checks: ['rate==1'] } };

const faker = new Faker(11);
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    const name = faker.person.firstName();
    const res = client.get(`${__ENV.API_URL}?name=${encodeURIComponent(name)}`);
    check(res, {
        'the API accepts the token': (r) => r.status === 200,
        'the faker makes names': () => name.length > 0,
        'the second extension answers': () => second.greeting() === 'hello from the second extension',
    });
}
