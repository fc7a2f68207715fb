package transport

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

func TestHostsThatAreAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list, address string
		allowed       bool
	}{
		{"idp.example", "https://idp.example/token", true},
		{"idp.example", "http://IDP.example.:8080/token", true},
		{"IDP.example.", "https://idp.example/token", true},
		{"idp.example", "https://idp.example.evil.example/", false},
		{"idp.example", "https://evil-idp.example/", false},
		{"idp.example", "https://sub.idp.example/", false},
		{"idp.example", "https://idp.example@evil.example/", false},
		{"idp.example:8443", "https://idp.example:8443/", true},
		{"idp.example:8443", "https://idp.example/", false},
		{"idp.example:443", "https://idp.example/", true},
		{"idp.example:443", "wss://idp.example/", true},
		{"idp.example:80", "ws://idp.example/", true},
		{"idp.example:443", "http://idp.example/", false},
		{"*.example", "https://idp.example/", true},
		{"*.example", "https://a.b.example/", true},
		{"*.example", "https://example/", false},
		{"*.example", "https://notexample/", false},
		{"*.example:8443", "https://idp.example:8443/", true},
		{"*.example:8443", "https://idp.example/", false},
		{"bücher.example", "https://xn--bcher-kva.example/", true},
		{"xn--bcher-kva.example", "https://BÜCHER.example/", true},
		{"127.0.0.1", "http://127.0.0.1:8089/token", true},
		{"127.0.0.1", "http://127.0.0.2/", false},
		{"[::1]", "http://[::1]:8089/", true},
		{"[::1]:8089", "http://[::1]:8089/", true},
		{"a.example,b.example", "https://b.example/", true},
		{" a.example \t b.example\n", "https://b.example/", true},
		{"a.example, b.example", "https://c.example/", false},
	} {
		hosts, err := parseHosts(c.list)
		require.NoError(t, err, c.list)
		u, err := url.Parse(c.address)
		require.NoError(t, err)
		err = hosts.Check(u)
		assert.Equal(t, c.allowed, err == nil, "%s: %s", c.list, c.address)
		if err == nil {
			continue
		}
		var refused *oauth.Error
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, oauth.CodeHostNotAllowed, refused.Code)
		assert.Contains(t, refused.Description, "CLIENTCREDS_ALLOW_HOSTS does not list "+u.Host)
		assert.False(t, refused.Retryable())
		assert.True(t, refused.Unsent())
	}
}

// An unset variable allows every host. An empty variable is probably a mistake, and is an error.
func TestAllowedHosts(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://anything.example/")
	require.NoError(t, err)
	environment := map[string]string{}
	lookup := func(name string) (string, bool) {
		value, given := environment[name]
		return value, given
	}
	hosts, err := AllowedHosts(lookup)
	require.NoError(t, err)
	require.NoError(t, hosts.Check(u))
	environment["CLIENTCREDS_ALLOW_HOSTS"] = ""
	_, err = AllowedHosts(lookup)
	require.ErrorContains(t, err, "CLIENTCREDS_ALLOW_HOSTS contains no host")
	environment["CLIENTCREDS_ALLOW_HOSTS"] = "idp.example"
	hosts, err = AllowedHosts(lookup)
	require.NoError(t, err)
	require.Error(t, hosts.Check(u))
}

// A list that is misread would allow too much or nothing.
func TestListsThatAreNone(t *testing.T) {
	t.Parallel()
	for list, problem := range map[string]string{
		"https://idp.example":         "entry 1 is not a host",
		"a.example,idp.example/token": "entry 2 is not a host",
		"user:s3cr3t@idp.example":     "entry 1 is not a host",
		"idp.example:":                "entry 1 is not a host",
		"idp.example:https":           "entry 1 is not a host",
		"::1":                         "entry 1 is not a host",
		"*":                           "entry 1 is not a host",
		"*.":                          "entry 1 is not a host",
		"idp.*.example":               "entry 1 is not a host",
		"idp.example?a=b":             "entry 1 is not a host",
		"idp.example#b":               "entry 1 is not a host",
		".":                           "entry 1 is not a host",
		" ":                           "contains no host",
		",":                           "contains no host",
	} {
		_, err := parseHosts(list)
		require.ErrorContains(t, err, "CLIENTCREDS_ALLOW_HOSTS", list)
		require.ErrorContains(t, err, problem, list)
		assert.NotContains(t, err.Error(), "s3cr3t")
	}
}

func TestGuardSendsNothingElsewhere(t *testing.T) {
	t.Parallel()
	sent := 0
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		sent++
		return answering(http.StatusOK).RoundTrip(req)
	})
	var all Hosts
	_, isBase := all.Guard(base).(roundTripper)
	assert.True(t, isBase, "without a list there is nothing in between")

	hosts, err := parseHosts("api.example")
	require.NoError(t, err)
	guarded := hosts.Guard(base)
	roundTrip(t, guarded, httptest.NewRequest(http.MethodGet, "https://api.example/", nil))
	assert.Equal(t, 1, sent)
	resp, err := guarded.RoundTrip(httptest.NewRequest(http.MethodGet, "https://"+strings.Repeat("a", 1000)+".example/", nil))
	if resp != nil {
		require.NoError(t, resp.Body.Close())
	}
	require.ErrorContains(t, err, "CLIENTCREDS_ALLOW_HOSTS does not list aaa")
	assert.Less(t, len(err.Error()), 500)
	assert.Equal(t, 1, sent)
}
