// A WebSocket with a token in the handshake: client.authorization() is for every k6 module that accepts headers. The
// connection needs a token when it opens, not while it is open.
//
//   WS_URL=wss://… TOKEN_URL=… CLIENT_ID=… CLIENT_SECRET=… build/k6 run examples/websocket.js
import { check } from 'k6';
import { WebSocket } from 'k6/websockets';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 1, iterations: 2, thresholds: { checks: ['rate==1'] } };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    const socket = new WebSocket(__ENV.WS_URL, null, { headers: { Authorization: client.authorization() } });
    const answered = (data) => {
        check(data, { 'the echo came': (d) => d === 'hello' });
        clearTimeout(timeout);
        socket.close();
    };
    const timeout = setTimeout(answered, 5000);
    socket.onopen = () => socket.send('hello');
    socket.onerror = (e) => answered(e?.error);
    socket.onmessage = (message) => answered(message?.data);
}
