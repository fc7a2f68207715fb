package authserver

import (
	"net/http"
	"slices"
)

// protectedAPI is an API that takes bearer tokens, and tokens that are bound to a
// key. It answers any method on any
// path below apiPath.
type protectedAPI struct {
	check    tokenCheck
	proofs   *proofVerifier
	origin   string // of published URLs, known only once the addresses are bound
	stats    *stats
	scope    string // a token needs it, unless it is empty
	audience string // as scope
	tooWeak  *bearerError
}

// accessToken holds what the API learns about a valid token.
type accessToken struct {
	clientID string
	scope    string
	audience []string
	bound    binding
}

// tokenCheck validates the token of a request. f is free to be used.
type tokenCheck func(r *http.Request, f *form, token string) (accessToken, *bearerError)

func newProtectedAPI(cfg *Config, st *stats, proofs *proofVerifier, check tokenCheck) *protectedAPI {
	return &protectedAPI{
		check: check, proofs: proofs, stats: st, scope: cfg.APIScope, audience: cfg.APIAudience,
		tooWeak: insufficientScope(cfg.APIScope),
	}
}

// serve answers with the client and scope of the token.
func (a *protectedAPI) serve(w http.ResponseWriter, r *http.Request) {
	f := newForm()
	defer f.release()
	token, err := a.authorize(r, f)
	if len(r.Header[headerProof]) > 0 {
		a.proofs.serving.handOut(w.Header(), a.proofs.now())
	}
	if err != nil {
		a.stats.countAPI(err.result)
		err.write(w, r)
		return
	}
	a.stats.countAPI(apiOK)
	f.out = append(f.out[:0], `{"client_id":`...)
	f.out = appendJSONString(f.out, token.clientID)
	f.out = append(f.out, `,"scope":`...)
	f.out = appendJSONString(f.out, token.scope)
	f.out = append(f.out, '}')
	writeJSON(w, http.StatusOK, f.out)
}

func (a *protectedAPI) authorize(r *http.Request, f *form) (accessToken, *bearerError) {
	value, byProof, err := presentedToken(r)
	if err != nil {
		return accessToken{}, err
	}
	token, err := a.check(r, f, value)
	if err == nil {
		err = token.bound.proven(r)
	}
	if err == nil {
		err = token.bound.provenBy(r, a.proofs, a.origin+r.URL.EscapedPath(), value, byProof)
	}
	switch {
	case err != nil:
		return token, err
	case a.audience != "" && !slices.Contains(token.audience, a.audience):
		return token, errTokenAudience
	case a.scope != "" && !scopeContains(token.scope, a.scope):
		return token, a.tooWeak
	}
	return token, nil
}
