package authserver

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzForm compares the parser with package url's parser, wherever that one is
// as strict.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "a=b", "a=b&c=d", "a=b&a=c", "a=&a=b", "=a", "a", "&&", "a=%20+b", "a=%", "a=%2", "%zz=1", "a=b=c", "a;b=c",
		"resource=a&resource=b", "grant_type=client_credentials&scope=a+b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form := newForm()
		defer form.release()
		err := form.read(postBody(body).build(t))
		want, urlErr := url.ParseQuery(body)
		if strings.Contains(body, ";") {
			return // package url rejects it, the media type does not
		}
		names := 0
		for name, values := range want {
			values := slicesWithout(values, "")
			if name == "" || len(values) == 0 {
				continue
			}
			names += len(values)
			if err == nil && name != "resource" && name != "audience" {
				require.Len(t, values, 1, name)
			}
			if err == nil {
				require.Equal(t, values[0], form.get(name))
			}
		}
		switch {
		case urlErr != nil:
			require.NotNil(t, err)
		case err == nil:
			require.Len(t, form.params, names)
		default:
			require.Contains(t, []*oauthError{errDuplicate, errTooManyParams, errTooLarge}, err)
		}
	})
}

func slicesWithout(list []string, drop string) []string {
	var kept []string
	for _, s := range list {
		if s != drop {
			kept = append(kept, s)
		}
	}
	return kept
}

// FuzzBasic holds that credentials are accepted only when they are the
// client's, however they are written.
func FuzzBasic(f *testing.F) {
	for _, seed := range []string{
		"", "Basic", "Basic ", "Basic ZGVtbzp4", "basic ZGVtbzp4", "Bearer x", "Basic !", "Basic ZGVtbw==",
		basic(demo.ID, demo.Secret.Reveal()), basic(demo.ID, url.QueryEscape(demo.Secret.Reveal())), basic("", ""), basic("%zz", "x"),
	} {
		f.Add(seed)
	}
	_, h := offline(f, Config{})
	f.Fuzz(func(t *testing.T, header string) {
		q := postBody(clientCredentials).with("Authorization", header)
		a := q.ask(t, h)
		require.True(t, utf8.ValidString(a.body))
		r := &http.Request{Header: q.header}
		user, password, ok := r.BasicAuth()
		id, errID := url.QueryUnescape(user)
		secret, errSecret := url.QueryUnescape(password)
		if a.status == http.StatusOK {
			require.True(t, ok && errID == nil && errSecret == nil, header)
			require.Equal(t, demo.ID+":"+demo.Secret.Reveal(), id+":"+secret)
			return
		}
		require.Equal(t, http.StatusUnauthorized, a.status)
		require.False(t, ok && errID == nil && errSecret == nil && id == demo.ID && secret == demo.Secret.Reveal(), header)
	})
}

// FuzzOpaqueToken holds that nothing but an issued token opens, and that
// nothing panics.
func FuzzOpaqueToken(f *testing.F) {
	s, h := offline(f, Config{})
	issued := issue(f, h)
	f.Add(issued)
	f.Add("")
	f.Add(strings.Repeat("A", 66))
	f.Fuzz(func(t *testing.T, token string) {
		form := newForm()
		defer form.release()
		_, ok := s.open(form, token)
		require.Equal(t, token == issued, ok)
	})
}
