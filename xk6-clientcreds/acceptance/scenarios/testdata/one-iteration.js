// Does what the summary counts, once.
import { Client } from 'k6/x/clientcreds';
import { clientOptions } from '../../../../scripts/lib/config.js';
import { summary } from '../../../../scripts/lib/summary.js';

const client = new Client(clientOptions());

export default function () { client.get(__ENV.API_URL); client.token(); }
export function handleSummary(data) { return summary(data); }
