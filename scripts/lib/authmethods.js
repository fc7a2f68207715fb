// The client authentication methods, and the variables of the environment with their credentials.
import { env, fail, required } from './environment.js';

const secretVariables = ['CLIENT_SECRET', 'CLIENT_SECRET_FILE', 'CLIENT_SECRET_SOURCE'];

/**
 * All methods, by their registered names; the first is the default. Another one is another row:
 *
 * - `credentials` returns the options with the credentials.
 * - `possible` says whether the environment has the credentials.
 * - `signs` means that the client authenticates with an assertion (RFC 7523), `certified` with a certificate (RFC 8705).
 */
const methods = {
    client_secret_basic: { credentials: secretOptions, possible: hasSecret },
    client_secret_post: { credentials: secretOptions, possible: hasSecret },
    client_secret_jwt: {
        credentials: secretOptions,
        possible: () => env('CLIENT_SECRET', '').length >= 32, // RFC 7518 §3.2
        signs: true,
    },
    private_key_jwt: { credentials: keyOptions, possible: () => env('CLIENT_KEY_FILE') !== undefined, signs: true },
    tls_client_auth: { credentials: certificateOptions, possible: hasCertificate, certified: true },
    self_signed_tls_client_auth: { credentials: certificateOptions, possible: hasCertificate, certified: true },
};

/** The row of a method. A name that is not one fails later, in the client, which names those that it knows. */
export function authMethod(name = 'client_secret_basic') {
    return methods[name] ?? methods.client_secret_basic;
}

/** The names of the methods for which the environment has credentials. */
export function possibleMethods() {
    return Object.keys(methods).filter((name) => methods[name].possible());
}

function hasSecret() {
    return secretVariables.some((name) => env(name) !== undefined);
}

function hasCertificate() {
    return env('CLIENT_CERTIFICATE_FILE') !== undefined;
}

function secretOptions() {
    return { clientSecret: secret() };
}

function keyOptions() {
    const key = { file: required('CLIENT_KEY_FILE', "the file of the client's private key, PEM or JWK") };
    for (const [option, name] of Object.entries({ alg: 'KEY_ALG', kid: 'KEY_ID' })) {
        if (env(name) !== undefined) {
            key[option] = env(name);
        }
    }
    const certificate = env('CLIENT_CERTIFICATE_FILE'); // the JWT has its thumbprints, by which some servers find the key
    return certificate === undefined ? { key } : { key, certificate: { file: certificate } };
}

function certificateOptions() {
    return { certificate: { file: certificateFile() }, key: { file: certificateKeyFile() } };
}

export function certificateFile() {
    return required('CLIENT_CERTIFICATE_FILE', "the file of the client's certificate, PEM");
}

export function certificateKeyFile() {
    return required('CLIENT_KEY_FILE', "the file of the certificate's private key, PEM or JWK");
}

/**
 * The client's secret, or where it is: a file, from the script's folder, or a name or source:name of k6's secret sources.
 * As a text it is printable (RFC 6749 §A.2), so without the newline that a secret read from a file often ends with.
 */
function secret() {
    const [first, second] = secretVariables.filter((name) => env(name) !== undefined);
    if (second !== undefined) {
        fail(`${first} and ${second} are both set; unset one of them`);
    }
    if (first === 'CLIENT_SECRET_FILE') {
        return { file: env(first) };
    }
    if (first === 'CLIENT_SECRET_SOURCE') {
        const [value, colon] = [env(first), env(first).indexOf(':')];
        return colon < 0 ? { secret: value } : { source: value.slice(0, colon), secret: value.slice(colon + 1) };
    }
    const value = required('CLIENT_SECRET', "the client's secret");
    if (/[\r\n]/.test(value)) {
        fail('CLIENT_SECRET contains a line break; remove it');
    }
    return value;
}
