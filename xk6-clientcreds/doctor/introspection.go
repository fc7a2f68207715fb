package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// checkIntrospection asks the introspection endpoint about the token (RFC 7662), where one is configured or in the
// metadata. Tokens can be used without it, so nothing here makes a server unusable.
func checkIntrospection(ctx context.Context, e *run) []Result {
	address := e.introspectionURL()
	if e.token == nil || address == "" {
		return nil
	}
	r := Result{
		ID: "introspection.active", Status: OK,
		Data: map[string]any{"introspection_endpoint": withoutQuery(address)},
	}
	if strings.HasPrefix(e.endpoint, "https:") && !strings.HasPrefix(address, "https:") {
		r.Status, r.Summary = Warning, "the introspection endpoint is not asked: it is not an https URL, and the token "+
			"endpoint is"
		r.Hint = "set INTROSPECTION_URL to an https URL: the client's credentials go there too"
		return []Result{r}
	}
	i, err := e.introspect(ctx, address)
	var failure *oauth.Error
	switch {
	case errors.As(err, &failure) && (failure.Status == http.StatusUnauthorized || failure.Status == http.StatusForbidden):
		r.Status, r.Summary = Info, fmt.Sprintf("the introspection endpoint refuses this client: %s", err)
		r.Hint = "have the client allowed to introspect, if a script calls introspect() or an API does"
		r.Data["error"], r.Data["http_status"] = failure.Code, failure.Status
	case errors.As(err, &failure):
		r.Status, r.Summary = Warning, fmt.Sprintf("the introspection endpoint does not work: %s", err)
		r.Hint = "check INTROSPECTION_URL, or what the metadata name as introspection_endpoint"
		r.Data["error"], r.Data["http_status"] = failure.Code, failure.Status
	case err != nil:
		r.Status, r.Summary, r.Hint = Warning, err.Error(), "check INTROSPECTION_URL"
	case !i.Active:
		r.Status, r.Summary = Warning, "the introspection endpoint says that the token is not active"
		r.Hint = "have the server's operator check it: APIs that introspect will refuse this server's tokens"
		r.Data["active"] = false
	default:
		r.Summary = "the introspection endpoint says that the token is active"
		r.Data["active"] = true
	}
	return []Result{r}
}

// introspectionURL is where to introspect: as configured, else as in the metadata; empty where neither says.
func (e *run) introspectionURL() string {
	if e.cfg.IntrospectionURL != "" || e.metadata == nil {
		return e.cfg.IntrospectionURL
	}
	if alias := e.metadata.MTLSEndpointAliases.IntrospectionEndpoint; alias != "" && e.method.certified {
		return alias
	}
	return e.metadata.IntrospectionEndpoint
}

// introspect authenticates as at the token endpoint (RFC 7662 §2.1).
func (e *run) introspect(ctx context.Context, address string) (*oauth.Introspection, error) {
	auth, err := e.method.auth(&e.cfg)
	if err != nil {
		return nil, err
	}
	endpoint, err := oauth.NewEndpoint(oauth.FieldIntrospectionURL, address, oauth.Config{
		ClientID: e.cfg.ClientID, Auth: hidden(auth, e.hide), Certificate: e.cfg.shownBy(e.method),
	})
	if err != nil {
		return nil, AsConfigError(err)
	}
	probe, closing := e.probeOf(e.method)
	defer closing()
	return endpoint.Introspect(ctx, probe.do, e.token.AccessToken.Reveal())
}
