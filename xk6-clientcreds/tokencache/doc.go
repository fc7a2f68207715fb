// Package tokencache keeps access tokens and decides when to ask for new ones.
//
// RFC 6749 §4.4 gives the client-credentials grant no refresh token: a token is replaced by
// asking again. A Cache does so for many callers at once. It knows nothing of how tokens are
// asked for: a Fetch does that.
//
// # Freshness
//
// The lifetime of a token counts from the start of its request. Leeway before its expiry it is no
// longer fresh, and by a random part of Jitter earlier still, so that callers that began together
// do not ask together. A token that is not fresh is still valid until it expires: a Policy says
// whether callers wait for the next one (Blocking) or go on with it (Background). Just before the
// expiry all callers wait, because a token could expire on its way to the API.
//
// # Flights
//
// At most one request per Entry is under way, and all callers that wait share its result, a token
// or an error. Nobody queues to repeat a failure. A flight belongs to the Cache, not to the caller
// that began it, and Close waits for it.
package tokencache
