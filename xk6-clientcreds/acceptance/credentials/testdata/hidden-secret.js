// Requests a token with a secret that the script cannot see.
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

const { TOKEN_URL: tokenUrl, CLIENT_ID: clientId } = __ENV;
const client = new Client({ tokenUrl, clientId, clientSecret: { env: 'LOAD_SECRET' } });

export default function () {
    check(client.token(), { 'a token': (token) => token.length > 0 });
    check(__ENV, { 'no secret in the script': (env) => env.LOAD_SECRET === undefined });
}
