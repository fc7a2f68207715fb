// A short run that has something to write for every output.
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 1, iterations: 3 };
const { TOKEN_URL: tokenUrl, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, API_URL } = __ENV;
const client = new Client({ tokenUrl, clientId, clientSecret });

export default function () { client.get(API_URL); }
