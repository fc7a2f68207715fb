// A token request with acquire().
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { load } from './load.js';

export const options = load();

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, scope: __ENV.SCOPE,
});

export default function () {
    check(client.acquire(), { 'is a token': (result) => result.ok });
}
