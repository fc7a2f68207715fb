// USERS virtual users for SECONDS seconds, at full speed, or at RATE tokens per second.

/**
 * @param {number} [size] tokens per iteration
 * @returns {import('k6/options').Options}
 */
export function load(size = 1) {
    const users = Math.max(1, Math.round(Number(__ENV.USERS) / size));
    const duration = `${__ENV.SECONDS}s`;
    if (!__ENV.RATE) return { scenarios: { token: { executor: 'constant-vus', vus: users, duration } } };
    return {
        scenarios: {
            token: {
                executor: 'constant-arrival-rate', rate: Number(__ENV.RATE) / size, duration, preAllocatedVUs: users,
            },
        },
    };
}
