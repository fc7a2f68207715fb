package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// newSigner makes the key that tokens are bound to (RFC 9449); nil where bearer tokens are asked for.
func (c *Config) newSigner() (*oauth.DPoPSigner, error) {
	if !c.DPoP {
		return nil, nil //nolint:nilnil // a missing key is not an error
	}
	key, err := oauth.GenerateDPoPKey("")
	if err != nil {
		return nil, err
	}
	return oauth.NewDPoPSigner(key)
}

// noteNonce counts the demands for a nonce, and keeps for p what the connection of the first of the two
// requests cost.
func (e *run) noteNonce(a oauth.Attempt, p *httpProbe, first **roundTrip) {
	switch {
	case a.NonceDemanded:
		e.demands++
		*first = p.last
	case *first != nil:
		p.last.connecting, p.last.handshaking, p.last.reused = (*first).connecting, (*first).handshaking, (*first).reused
	}
	if a.Token != nil {
		e.grants++
	}
}

// checkDPoP reports what the grants show about DPoP, and whether the API insists on it.
func checkDPoP(ctx context.Context, e *run) []Result {
	if e.signer == nil {
		return nil
	}
	results := []Result{e.dpopSupport()}
	if e.token == nil {
		return results
	}
	results = append(results, e.dpopNonce(), e.dpopBinding())
	if e.cfg.APIURL != "" {
		results = append(results, e.withoutProof(ctx))
	}
	return results
}

// dpopSupport holds the metadata against what proofs are signed with (RFC 9449 §5.1).
func (e *run) dpopSupport() Result {
	r := Result{ID: "dpop.support", Status: OK}
	if e.metadata == nil {
		r.Status, r.Summary = Skipped, "there are no metadata to look at"
		return r
	}
	offered := e.metadata.DPoPAlgorithms
	r.Data = map[string]any{"algorithms": offered, "configured": e.signer.Algorithm()}
	r.Summary = "the metadata offer " + strings.Join(offered, " ")
	switch {
	case len(offered) == 0:
		r.Status, r.Summary = Warning, "the metadata do not offer DPoP: there is no dpop_signing_alg_values_supported (RFC "+
			"9449 §5.1)"
		r.Hint = "without DPOP=true tokens are Bearer tokens"
	case !slices.Contains(offered, e.signer.Algorithm()):
		r.Status = Warning
		r.Hint = "proofs are signed with " + e.signer.Algorithm() + ": set dpop.alg in scripts to what is offered"
	}
	return r
}

// dpopNonce reports how often a nonce was demanded at the token endpoint (RFC 9449 §8).
func (e *run) dpopNonce() Result {
	r := Result{ID: "dpop.nonce", Status: Info, Data: map[string]any{"demanded": e.demands, "tokens": e.grants}}
	switch {
	case e.demands == 0:
		r.Status, r.Summary = OK, "the token endpoint demands no nonce"
	case e.demands < e.grants:
		r.Summary = fmt.Sprintf("the token endpoint demands a nonce, which is good for several requests: it demanded %d "+
			"for %d tokens", e.demands, e.grants)
	case e.grants > 1:
		r.Status, r.Summary = Warning, "the token endpoint demands another nonce for every token: each takes two requests"
		r.Hint = metricname.DPoPNonceRetries + " counts them; the server does twice the work"
	default:
		r.Summary = "the token endpoint demands a nonce"
	}
	return r
}

// dpopBinding looks for the key in the token (RFC 9449 §6.1). One that is there is the right one, or the
// grant would have failed.
func (e *run) dpopBinding() Result {
	r := Result{
		ID: "dpop.binding", Status: OK,
		Summary: "the token has the type DPoP, and its cnf.jkt is the key's thumbprint",
	}
	confirmation := map[string]any{}
	if e.claims != nil {
		confirmation, _ = e.claims.payload["cnf"].(map[string]any)
	}
	_, bound := confirmation["jkt"].(string)
	switch {
	case e.claims == nil:
		r.Status, r.Summary = Info, "the token has the type DPoP; it is opaque, so that only introspection shows its key "+
			"(RFC 9449 §6.2)"
	case !bound:
		r.Status, r.Summary = Warning, "the token has the type DPoP, but is a JWT without cnf.jkt (RFC 9449 §6.1)"
		r.Hint = "an API that validates tokens locally cannot see whose key they are bound to"
	}
	return r
}

// withoutProof expects the API to reject the token as a thief would use it (RFC 9449 §7.1 and §7.2).
func (e *run) withoutProof(ctx context.Context) Result {
	r := Result{ID: "dpop.without_proof", Status: OK, Summary: "the API refuses the token without a proof"}
	took := []string{}
	for _, scheme := range []string{"DPoP", "Bearer"} {
		x, err := e.probe.get(ctx, e.cfg.APIURL, scheme+" "+e.token.AccessToken.Reveal(), "")
		if err != nil {
			return apiUnreached(r, err)
		}
		if x.status < http.StatusMultipleChoices {
			took = append(took, scheme)
		}
	}
	r.Data = map[string]any{"accepted": took}
	if len(took) > 0 {
		r.Status, r.Summary = Warning, "the API takes the token without a proof, by the scheme "+strings.Join(took,
			" and by ")
		r.Hint = "a stolen token can be used: the API does not check DPoP, and a load test does not measure what that costs"
	}
	return r
}

// getWithToken asks the API with the token and, where that is bound, a proof; once more where the API
// demands a nonce (RFC 9449 §9).
func (e *run) getWithToken(ctx context.Context) (x *roundTrip, demanded bool, err error) {
	target, err := url.Parse(e.cfg.APIURL)
	if err != nil {
		return nil, false, err
	}
	for {
		proof := ""
		if e.signer != nil {
			if proof, err = e.signer.Proof(http.MethodGet, target, e.token.AccessToken.Reveal()); err != nil {
				return nil, demanded, err
			}
		}
		x, err = e.probe.get(ctx, e.cfg.APIURL, e.token.Authorization(), proof)
		if err != nil || e.signer == nil {
			return x, demanded, err
		}
		learned := e.signer.Learn(target, x.header, e.token.AccessToken.Reveal())
		if demanded || !learned || !oauth.DemandsNonce(x.header.Values("WWW-Authenticate")) {
			return x, demanded, nil
		}
		demanded = true
	}
}
