// Virtual users fail together, each time that the server rejects the client.
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 50, iterations: 150 };
const { TOKEN_URL: tokenUrl, CLIENT_ID: clientId } = __ENV;
const client = new Client({ tokenUrl, clientId, clientSecret: 'wrong' });

export default function () { client.token(); }
