// Three extensions in one binary, all used by one script.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { Faker } from 'k6/x/faker';
import redis from 'k6/x/redis';

export const options = { iterations: 3, thresholds: { checks: ['rate==1'] } };

const faker = new Faker(11);
const store = new redis.Client('redis://127.0.0.1:1'); // nothing listens there
const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default async function () {
    const name = faker.person.firstName();
    const res = client.get(`${__ENV.API_URL}?name=${encodeURIComponent(name)}`);
    const reason = await store.get('name').catch((e) => String(e));
    check(res, {
        'the API accepts the token': (r) => r.status === 200,
        'the faker makes names': () => name.length > 0,
        'the Redis client says that nothing listens': () => /connection refused/.test(reason),
    });
}
