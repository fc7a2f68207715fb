// Prints what the measurements in MEASURED say about the capacity.
import { reader } from '../../../../scripts/lib/measured.js';
import { capacityOf, steps } from '../../../../scripts/lib/steps.js';

export default function () {
    const measured = reader(JSON.parse(__ENV.MEASURED));
    console.log(JSON.stringify(capacityOf(steps(), measured, __ENV.SATURATED === 'true')));
}
