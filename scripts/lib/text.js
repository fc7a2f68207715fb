// Numbers, quantities and lines for people.

const width = 80; // of a terminal
const column = 11; // where the text begins, beside its head
const space = '\u00a0'; // where no line may break: printed as a blank

/** A number with its thousands apart. What was not measured is unknown, and not 0. */
export function number(n, digits = 0) {
    if (!Number.isFinite(n)) {
        return 'unknown';
    }
    const [whole, fraction] = n.toFixed(digits).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** How many there are of something: "1 request", "2 requests". */
export function counted(n, one, many = `${one}s`) {
    return `${number(n)} ${n === 1 ? one : many}`;
}

/** How many there are, and more about them where there are any: of nothing there is nothing to say. */
export function found(n, one, more) {
    return n === 0 ? `no ${one}` : `${counted(n, one)}${more()}`;
}

export function percent(share) {
    return Number.isFinite(share) ? `${number(share * 100, 2)}%` : 'unknown';
}

/** How many times as much. */
export function times(ratio) {
    return `${number(ratio, 2)} times`;
}

/** A time in three digits or more: nobody needs hundredths of a second of an hour. */
export function milliseconds(ms) {
    if (!Number.isFinite(ms)) {
        return 'unknown';
    }
    if (Math.abs(ms) < 999.5) {
        return `${Number(ms.toPrecision(3))} ms`;
    }
    const seconds = ms / 1000;
    return `${number(seconds, Math.abs(seconds) < 10 ? 2 : Math.abs(seconds) < 100 ? 1 : 0)} s`;
}

/** A text that stays in one line. */
export function unbroken(text) {
    return text.replace(/ /g, space);
}

/** A head and its text, as lines that break between words, but not between a number and its unit. */
export function lines(head, text) {
    const found = [];
    for (const word of text.replace(/(\d) (?=[A-Za-z])/g, `$1${space}`).split(' ')) {
        const line = found[found.length - 1];
        const indent = found.length > 1 ? 2 : 0;
        if (line !== undefined && column + indent + `${line} ${word}`.trimEnd().length <= width) {
            found[found.length - 1] = `${line} ${word}`;
        } else if (word !== '') {
            found.push(word);
        }
    }
    return found.map((line, i) => `  ${i === 0 ? head.padEnd(column - 2) : ' '.repeat(column)}${line}`.trimEnd().replaceAll(space, ' '));
}
