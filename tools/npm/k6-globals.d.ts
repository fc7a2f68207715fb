// Globals of k6 that @types/k6 leaves to TypeScript's DOM library, which declares much that k6 does not have.

declare const console: Record<'log' | 'debug' | 'info' | 'warn' | 'error', (...values: unknown[]) => void>;

declare function setTimeout(callback: (...values: any[]) => void, ms?: number, ...values: unknown[]): number;
declare function clearTimeout(id?: number): void;
declare function setInterval(callback: (...values: any[]) => void, ms?: number, ...values: unknown[]): number;
declare function clearInterval(id?: number): void;

// The part of k6's WebCrypto that the scripts use.
declare const crypto: { readonly subtle: Record<'exportKey' | 'generateKey' | 'sign', (...values: any[]) => Promise<any>> };
