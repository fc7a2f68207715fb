// pool.client() of a small pool and of a large one, by the assignment of clients.
import { blocks } from 'k6/x/bench';
import { ClientPool } from 'k6/x/clientcreds';

const files = { small: __ENV.SMALL, large: __ENV.LARGE };
const variants = {};
let sink;

for (const assignment of ['vu', 'round-robin', 'random', 'zipf', 'hot']) {
    for (const [size, file] of Object.entries(files)) {
        const pool = new ClientPool({ tokenUrl: __ENV.TOKEN_URL, clients: { file }, assignment });
        variants[`${assignment}, ${size}`] = (repeats) => {
            for (let i = 0; i < repeats; i++) sink = pool.client();
        };
    }
}

const bench = blocks(variants);

export const options = bench.options;

export default function () {
    bench.run();
}
