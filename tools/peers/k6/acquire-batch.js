// Twenty token requests at once with acquireBatch(). At an arrival rate, an iteration begins for each batch.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { load } from './load.js';

const size = 20;

export const options = load(size);

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, scope: __ENV.SCOPE,
});

export default function () {
    for (const result of client.acquireBatch(size)) check(result, { 'is a token': (r) => r.ok });
}
