// Reads the secret from a file, which does not become part of an archive.
import { Client } from 'k6/x/clientcreds';

const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: { file: __ENV.SECRET_FILE } });

export default function () {
    client.token();
}
