// Functions of artillery-full.yml.
const end = Date.now() + 1000 * Number(process.env.SECONDS);

module.exports = { timeIsLeft: (context, next) => next(Date.now() < end) };
