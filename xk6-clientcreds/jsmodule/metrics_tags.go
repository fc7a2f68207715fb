package jsmodule

// TagInfo describes a tag that this module adds to its samples.
type TagInfo struct{ Name, Help string }

// Tags lists the tags of the module's metrics, besides the tags of the script and of k6.
func Tags() []TagInfo {
	return []TagInfo{
		{tagClient, "the client identifier. For the clients of a pool, it is the name of the pool, unless its `tagClients` " +
			"is set."},
		{tagGrant, "with the option `exchange`, which of the two requests it was: `client_credentials` or " +
			"`token_exchange`. Absent otherwise."},
		{tagReason, "why the token was requested: `cold` (there was none), `early` (the last token is about to expire), " +
			"`expired` (it has expired), " +
			"`rejected` (the API rejected it, or the script called `invalidate()` or `revoke()`), or `acquire` (the script " +
			"called `acquire()`)."},
		{tagStatus, "the HTTP status of the response, or `0` without a response."},
		{tagActive, "the answer of an introspection: `true` or `false`. Absent if the server did not answer the question."},
		{tagServer, "the server that required a nonce: `authorization` (the token endpoint) or `resource` (an API)."},
		{tagError, "the [error code](errors.md). Absent without an error. Codes that no RFC registers are `other`, so that " +
			"a server cannot " +
			"create time series. For requests to an API, it is the error in the `WWW-Authenticate` header, `none` without " +
			"one, " +
			"or `" + labelRedirected + "` if the API redirected to another origin, which answered 401."},
	}
}
