// Puts tokens where no extension can hide them.
import { Client } from 'k6/x/clientcreds';

const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET });
export const setup = () => 'from setup: ' + client.token();

export default () => console.log('to the console: ' + client.token());
export const handleSummary = (data) => ({ stdout: data.setup_data });
