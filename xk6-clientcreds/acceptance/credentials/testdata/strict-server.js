// Requests a token from a server that ends handshakes.
import { Client } from 'k6/x/clientcreds';

const client = new Client({ issuer: __ENV.ISSUER, retry: { attempts: 1 }, ...JSON.parse(__ENV.OPTIONS) });

export default function () { client.token(); }
