package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// placeIDs are the IDs of oauth.WellKnownURLs.
var placeIDs = []string{"discovery.rfc8414", "discovery.openid"}

// checkDiscovery asks for the metadata at both places, and holds them against the configuration.
func checkDiscovery(ctx context.Context, e *run) []Result {
	if e.cfg.Issuer == "" {
		return []Result{{ID: "discovery.issuer", Status: Skipped, Summary: "no ISSUER is set: TOKEN_URL is used as it is"}}
	}
	places, err := oauth.WellKnownURLs(e.cfg.Issuer)
	if err != nil {
		return []Result{{ID: "discovery.issuer", Status: Failed, Summary: err.Error()}}
	}
	var results []Result
	var found []*oauth.Metadata
	for i, place := range places {
		m, err := oauth.DiscoverFrom(ctx, e.probe.do, place, e.cfg.Issuer)
		results = append(results, e.metadataResult(placeIDs[i], place, err))
		if err == nil {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return e.notDiscovered(results)
	}
	e.metadata = found[0] // the one that a client takes
	if e.endpoint == "" {
		e.endpoint = e.endpointOf(e.method)
	}
	if len(found) == 2 && found[0].TokenEndpoint != found[1].TokenEndpoint {
		results = append(results, Result{
			ID: "discovery.agreement", Status: Warning, Summary: "the two documents name different token endpoints",
			Hint: "the first is used; set TOKEN_URL to choose",
		})
	}
	return append(results, e.checkEndpoint(), e.checkGrantType(), e.checkMethod())
}

func (e *run) metadataResult(id, place string, err error) Result {
	r := Result{ID: id, Status: OK, Summary: place, Data: map[string]any{"url": place}}
	if err == nil {
		return r
	}
	r.Status, r.Summary = Info, place+": "+err.Error() // one of both places is enough
	var document struct {
		Issuer string `json:"issuer"`
	}
	if json.Unmarshal(e.probe.last.body, &document) == nil && document.Issuer != "" && document.Issuer != e.cfg.Issuer {
		r.Status, r.Hint = Warning, "set ISSUER to exactly what the document says, also the trailing slash"
		r.Data["issuer"] = document.Issuer
	}
	var sending *oauth.Error
	if errors.As(err, &sending) {
		r.Data["error"] = sending.Code
	}
	return r
}

// notDiscovered is a failure unless the token endpoint is known otherwise.
func (e *run) notDiscovered(results []Result) []Result {
	r := Result{
		ID: "discovery.issuer", Status: Failed, Summary: "no metadata of this issuer at either place",
		Hint: "check ISSUER, or set TOKEN_URL instead",
	}
	if e.endpoint != "" {
		r.Status, r.Hint = Warning, "TOKEN_URL is used, so that a load test works; check ISSUER"
	}
	return append(results, r)
}

// checkEndpoint says where tokens come from.
func (e *run) checkEndpoint() Result {
	published, err := e.published(e.method)
	named := withoutQuery(published)
	r := Result{ID: "discovery.token_endpoint", Status: OK, Summary: named, Data: map[string]any{"token_endpoint": named}}
	switch {
	case err != nil:
		r.Status, r.Summary = Failed, err.Error()
	case e.endpoint != published:
		r.Status = Warning
		r.Summary = fmt.Sprintf("the metadata name %s, but TOKEN_URL is %s", named, withoutQuery(e.endpoint))
		r.Hint = "TOKEN_URL is used; unset it to use what the metadata name"
	}
	return r
}

func (e *run) checkGrantType() Result {
	const grant = "client_credentials"
	types := e.metadata.GrantTypes
	r := Result{
		ID: "discovery.grant_types", Status: OK, Summary: grant + " is among the grant types",
		Data: map[string]any{"grant_types": types},
	}
	switch {
	case len(types) == 0: // means authorization_code and implicit (RFC 8414 §2), which few servers mean
		r.Status, r.Summary = Info, "the metadata do not list the grant types"
	case !slices.Contains(types, grant):
		r.Status, r.Summary = Warning, grant+" is not among the grant types: "+strings.Join(types, ", ")
		r.Hint = "the grant below shows whether the server takes it all the same"
	}
	return r
}

func (e *run) checkMethod() Result {
	offered := e.metadata.TokenEndpointAuthMethods
	r := Result{
		ID: "discovery.auth_methods", Status: OK,
		Summary: fmt.Sprintf("%s is offered, of %s", e.method.name, strings.Join(offered, ", ")),
		Data:    map[string]any{"auth_methods": offered, "configured": e.method.name},
	}
	if slices.Contains(offered, e.method.name) {
		return r
	}
	r.Status = Warning
	r.Summary = fmt.Sprintf("%s is not offered, only %s", e.method.name, strings.Join(offered, ", "))
	r.Hint = "the grant below shows whether the server takes it all the same"
	if m, ok := e.offered(); ok {
		r.Hint = "set " + m.setting()
		if err := m.missing(&e.cfg); err != nil {
			r.Hint += "; " + err.Error()
		}
	}
	return r
}

// offered is a method that the metadata offer, best one that the configuration has the credentials for.
func (e *run) offered() (method, bool) {
	var found []method
	for _, m := range methods {
		if !slices.Contains(e.metadata.TokenEndpointAuthMethods, m.name) {
			continue
		}
		if m.missing(&e.cfg) == nil {
			return m, true
		}
		found = append(found, m)
	}
	if len(found) == 0 {
		return method{}, false
	}
	return found[0], true
}
