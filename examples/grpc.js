// gRPC calls with a token in their metadata. The health service stands for any other service. Your own service needs
// its .proto file or, as here, a server with reflection.
//
//   GRPC_ADDR=host:port TOKEN_URL=… CLIENT_ID=… CLIENT_SECRET=… build/k6 run examples/grpc.js
import grpc from 'k6/net/grpc';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 1, iterations: 2, thresholds: { checks: ['rate==1'] } };

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});
const rpc = new grpc.Client();

export default function () {
    rpc.connect(__ENV.GRPC_ADDR, { plaintext: true, reflect: true });
    const answer = rpc.invoke('grpc.health.v1.Health/Check', {}, {
        metadata: { authorization: client.authorization() },
    });
    check(answer, { 'serving': (r) => r && r.status === grpc.StatusOK && r.message['status'] === 'SERVING' });
    rpc.close();
}
