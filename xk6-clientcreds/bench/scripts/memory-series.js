// Offers SERIES label sets of one Trend and then keeps still to be weighed.
import http from 'k6/http';
import { sleep } from 'k6';
import { observe } from './observe.js';

export default function () {
    observe(Number(__ENV.SERIES));
    http.get(__ENV.API_URL, { headers: { Authorization: `Bearer ${__ENV.TOKEN}` } });
    sleep(600);
}
