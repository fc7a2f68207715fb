package doctor

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
)

// run is an examination under way: what the checks have found out for those after them.
type run struct {
	cfg    Config
	method method
	probe  *httpProbe
	hide   *redact.Redactor

	metadata *oauth.Metadata   // nil where there is no issuer, or it has none
	endpoint string            // of tokens; empty while unknown
	broken   bool              // no connection that credentials could go over
	answered *roundTrip        // the first grant, also where it brought no token; nil before it
	first    *roundTrip        // the same, nil unless it brought the token
	token    *oauth.Token      // of the first grant
	claims   *claims           // nil where the token is opaque
	skew     time.Duration     // of the server's clock, where known
	slowest  time.Duration     // of the grants
	limited  bool              // a rate limit was met
	limit    int               // requests that the server announced to take; 0 when it did not
	signer   *oauth.DPoPSigner // of the key that tokens are bound to; nil for bearer tokens
	grants   int               // that brought a token
	demands  int               // for a nonce, of the token endpoint
	repeats  bool              // the server gave the same token twice
}

// check asks or looks, and returns what it found.
type check func(context.Context, *run) []Result

// checks are all of them, in their order.
var checks = []check{
	checkDiscovery, checkConnection, checkGrant, checkScheme, checkOtherMethods,
	checkResponse, checkToken, checkClock, checkLatency, checkRateLimit,
	checkAPI, checkDPoP, checkIntrospection, adviseLeeway, adviseRequests, adviseBinding,
}

// Run examines the server. The error is one of the configuration; everything else is in the Report.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	m, err := cfg.method()
	if err != nil {
		return nil, err
	}
	e := &run{cfg: cfg, method: m, probe: newHTTPProbe(cfg, cfg.shownBy(m)), hide: redact.New(), endpoint: cfg.TokenURL}
	defer e.probe.close()
	if e.signer, err = cfg.newSigner(); err != nil {
		return nil, err
	}
	e.hide.Secret(cfg.ClientID, cfg.ClientSecret.Reveal())
	report := &Report{
		SchemaVersion: SchemaVersion, StartedAt: time.Now().UTC().Truncate(time.Millisecond),
		ClientID:   shown(e.hide, cfg.ClientID),
		AuthMethod: m.name, BasicEncoding: m.encoding, Issuer: shown(e.hide, cfg.Issuer), Counts: make(map[Status]int),
	}
	begin := time.Now()
	examined, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	for _, c := range checks {
		report.add(e.hide, c(examined, e))
		if examined.Err() != nil {
			report.add(e.hide, []Result{unfinished(ctx, cfg.Timeout)})
			break
		}
	}
	report.TokenEndpoint = shown(e.hide, withoutQuery(e.endpoint))
	report.DurationMS = ms(time.Since(begin))
	return report, nil
}

// unfinished says why the checks ended before the last.
func unfinished(ctx context.Context, timeout time.Duration) Result {
	r := Result{ID: "run.complete", Status: Failed, Summary: "interrupted: not all checks were made"}
	if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		r.Summary = "not all checks were made in " + short(timeout)
		r.Hint = "allow more time with --timeout"
	}
	return r
}

// withoutQuery is a URL to show: what is in its query may be secret.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.RawQuery, u.ForceQuery, u.Fragment, u.User = "", false, "", nil
	return u.String()
}
