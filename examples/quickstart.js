import http from 'k6/http';
import { Client } from 'k6/x/clientcreds';

export const options = {
    vus: 5,
    duration: '3s',
    thresholds: {
        http_req_failed: ['rate<0.01'],
        clientcreds_request_failed: ['rate==0'],
        clientcreds_expired_token_uses: ['count==0'],
    },
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope: ['orders.read'],
});

export default function () {
    http.get(__ENV.API_URL, { headers: client.headers() }); // any k6 module that accepts headers
    client.get(__ENV.API_URL); // or the client's HTTP methods
}
