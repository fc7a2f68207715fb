package interop

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// trial is a row as it was tried at one server.
type trial struct {
	Right, Wrong servers.Answer
	// Bound are the ways in which the token is bound to a key, by their names in cnf.
	Bound []string
	// Nonces are the nonces that the server demanded for the token.
	Nonces int
	// Places are the well-known names that the server's metadata is found under.
	Places []string
	// Claims are the claims in the token, or in the server's answer about it.
	Claims map[string]any
	// Valid is the result of inspect() for the token, with the Problems, and Forged the result for its claims with
	// another signature.
	Valid, Forged *bool
	Problems      []string
	// Active is the server's answer about the token, Unknown its answer about a token that it does not know (any more).
	Active, Unknown bool
}

// try runs k6 once, with all rows but those whose clients the server does not know.
func (c counterpart) try(t *testing.T, rows []interopRow) map[string]trial {
	t.Helper()
	cases := make([]map[string]any, 0, len(rows))
	for _, row := range rows {
		if _, ok := c.unknown[row.client.ID]; !ok {
			right := c.optionsOf(row)
			cases = append(cases, map[string]any{
				"name": row.name, "kind": row.kind, "issuer": c.issuer, "right": right, "wrong": right.with(row.wrong),
			})
		}
	}
	text, err := json.Marshal(cases)
	require.NoError(t, err)
	reports := make(chan map[string]trial, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var report map[string]trial
		if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reports <- report
	}))
	t.Cleanup(collector.Close)
	r := k6test.Run{Script: k6test.Fixture("interop.js"), Env: map[string]string{
		"CASES": string(text), "REPORT_URL": collector.URL, "SSL_CERT_FILE": c.caFile,
	}}.Do(t).Passes(t)
	servers.HoldsNone(t, "k6's output", r.Output, secretsOf(rows), nil)
	if c.counted != nil {
		require.Equal(t, c.counted(), r.Summary.Count("clientcreds_requests"), r.Output)
	}
	report := <-reports
	require.Len(t, report, len(cases))
	return report
}

// optionsOf returns the options of a row's client at this server.
func (c counterpart) optionsOf(row interopRow) clientOptions {
	options := clientOptions{"issuer": c.issuer, "clientId": row.client.ID, "scope": interopScope}
	options = options.with(c.options).with(row.right)
	if row.kind == "inspection" {
		options = options.with(c.jwt)
	}
	if issuer, ok := c.variants[row.variant]; ok {
		options["issuer"] = issuer
	}
	if strings.HasSuffix(row.client.AuthMethod, "_jwt") {
		audience := c.issuer
		if row.audience == forTokenEndpoint || row.audience == "" && c.takes == forTokenEndpoint {
			audience = c.tokenURL
		}
		options["assertion"] = map[string]any{"audience": audience}
	}
	return options
}
