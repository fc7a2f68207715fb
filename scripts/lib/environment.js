// Variables of the environment, by what they hold. One that cannot be used ends the run before it begins.

const decimal = /^[0-9]+(\.[0-9]+)?$/;
const durations = /^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$/;

/** The variables that the scenario has asked for. */
const asked = new Set();

/** The beginning of a side's own variables, while ofSide() reads them. */
let prefix = '';

/** Returns what make returns, for which variables that begin with BASE_ or HEAD_ take precedence over those without. */
export function ofSide(side, make) {
    prefix = `${side.toUpperCase()}_`;
    try {
        return make();
    } finally {
        prefix = '';
    }
}

/** The variable that has the value of `name`: the side's own, if it is set. */
export function variableOf(name) {
    return prefix !== '' && __ENV[prefix + name] ? prefix + name : name;
}

/** The value of an environment variable, or fallback when it is unset or empty. */
export function env(name, fallback) {
    asked.add(name);
    if (prefix !== '') {
        asked.add(prefix + name);
    }
    const value = __ENV[variableOf(name)];
    return value === undefined || value === '' ? fallback : value;
}

/** The value of an environment variable that has no default. */
export function required(name, what) {
    const value = env(name);
    if (value === undefined) {
        const [meant] = suspects().find(([, known]) => known === name) ?? [];
        const both = prefix === '' ? ' is' : ` and ${prefix}${name} are`;
        fail(`${name}${both} not set; set ${prefix === '' ? 'it' : 'one of them'} to ${what}` + (meant === undefined ? '' : `; ${meant} is set, did you mean ${name}?`));
    }
    return value;
}

/** A whole number from the environment, at least `least`. */
export function count(name, fallback, least = 1) {
    const value = env(name, String(fallback));
    if (!/^[0-9]+$/.test(value) || Number(value) < least) {
        fail(`${name} is "${value}"; it must be a whole number, ${least} or more`);
    }
    return Number(value);
}

/** A duration such as "30s" or "1m30s" from the environment. */
export function duration(name, fallback) {
    const value = env(name, fallback);
    if (!durations.test(value)) {
        fail(`${name} is "${value}"; it must be a duration such as 30s, 5m or 1h30m`);
    }
    return value;
}

/** The milliseconds of a duration such as "1m30s". */
export function inMilliseconds(text) {
    const units = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 };
    return [...text.matchAll(/([0-9.]+)(ms|[smhd])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit], 0);
}

/** A number of seconds, 0 or more, from the environment: as such, or as a duration. */
export function seconds(name, fallback) {
    const value = env(name, String(fallback));
    if (decimal.test(value)) {
        return Number(value);
    }
    if (!durations.test(value)) {
        fail(`${name} is "${value}"; it must be a number of seconds such as 0.5, or a duration such as 500ms`);
    }
    return inMilliseconds(value) / 1000;
}

/** A number from the environment, 0 or more. */
export function number(name, fallback) {
    const value = env(name, String(fallback));
    if (!decimal.test(value)) {
        fail(`${name} is "${value}"; it must be a number such as 2.5`);
    }
    return Number(value);
}

/** A share from the environment, 0 to 1. */
export function share(name, fallback) {
    const value = number(name, fallback);
    if (value > 1) {
        fail(`${name} is "${value}"; it must be a share, 0 to 1, such as 0.01`);
    }
    return value;
}

/** A variable that is true or false, which is the default. */
export function flag(name) {
    const value = env(name, 'false');
    if (value !== 'true' && value !== 'false') {
        fail(`${name} is "${value}"; it must be true or false`);
    }
    return value === 'true';
}

const examples = {
    ISSUER: 'https://idp.example.com',
    TOKEN_URL: 'https://idp.example.com/oauth2/token',
    INTROSPECTION_URL: 'https://idp.example.com/oauth2/introspect',
    REVOCATION_URL: 'https://idp.example.com/oauth2/revoke',
    API_URL: 'https://api.example.com/orders',
    ADMIN_URL: 'http://127.0.0.1:8089/admin',
};

/** An http or https URL from the environment. */
export function url(name, what) {
    const value = required(name, what);
    if (!/^https?:\/\/[^\s/]/.test(value)) {
        fail(`${variableOf(name)} is "${shown(value)}"; it must be a URL that begins with http:// or https://, such as ${examples[name]}`);
    }
    return value;
}

/**
 * Variables that are set and probably misspelled, each with the variable of the scenario that was meant and is not set. An
 * environment has many other variables. So a name is suspect only if it differs in a plural s, an underscore, the case, or
 * one letter of a long name.
 */
export function suspects() {
    const missing = [...asked].filter((name) => !__ENV[name]);
    return Object.keys(__ENV).filter((name) => !asked.has(name) && __ENV[name] !== '')
        .map((name) => [name, missing.find((known) => alike(plain(name), plain(known)))])
        .filter(([, known]) => known !== undefined);
}

function plain(name) {
    return name.replace(/[_-]/g, '').toUpperCase();
}

function alike(a, b) {
    return a === b || `${a}S` === b || `${b}S` === a || (Math.min(a.length, b.length) >= 6 && oneMistake(a, b));
}

/** Whether one letter is missing, too many, another one, or exchanged with the next. */
function oneMistake(a, b) {
    let i = 0;
    while (i < a.length && a[i] === b[i]) {
        i++;
    }
    const [x, y] = [a.slice(i), b.slice(i)];
    return x.slice(1) === y || x === y.slice(1) || x.slice(1) === y.slice(1) ||
        (x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2));
}

/** A URL for a message: user, password and query may be secret. */
export function shown(text) {
    return text.replace(/[?#].*$/, '…').replace(/^.*@/, '…@');
}

/** Refuses the configuration. */
export function fail(message) {
    throw new Error(`configuration: ${message}`);
}
