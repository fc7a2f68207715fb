// Runs until it is killed.
import { sleep } from 'k6';

export default function () { console.log('it runs'); sleep(600); }
