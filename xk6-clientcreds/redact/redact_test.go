package redact

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	secret = `p@ss:w%rd+/=& "z"`
	token  = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln-_nature"
)

func redactor() *Redactor {
	r := New()
	r.Secret("cc basic:x", secret)
	r.Token(token)
	r.Token("opaque/token+with==")
	return r
}

func TestNothingHiddenSurvives(t *testing.T) {
	t.Parallel()
	r := redactor()
	form := url.QueryEscape(secret)
	for name, text := range map[string]string{
		"plain secret":        "secret is " + secret + " there",
		"form-encoded secret": "body: grant_type=client_credentials&x=" + form + "&y=1",
		"raw basic":           "Basic " + base64.StdEncoding.EncodeToString([]byte("cc basic:x:"+secret)),
		"form basic":          "sent " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("cc basic:x")+":"+form)),
		"token":               "got " + token,
		"token in quotes":     `"` + token + `"`,
		"token in a sentence": "It was " + token + ".",
		"token in a path":     "/introspect/" + token,
		"token in a query":    "?token=" + token + "&x=1",
		"token after colon":   "token:" + token,
		"padded token":        "got opaque/token+with== here",
		"several":             token + "," + token + " " + secret,
		"secret in JSON":      `{"secret":"p@ss:w%rd+/=& \"z\""}`,
		"secret in HTML JSON": `{"secret":"p@ss:w%rd+/=\u0026 \"z\""}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := r.String(text)
			for _, hidden := range []string{secret, form, token, "opaque/token", "c2ln-_nature"} {
				assert.NotContains(t, got, hidden)
			}
			assert.NotContains(t, got, base64.StdEncoding.EncodeToString([]byte("cc basic:x:"+secret)))
			assert.NotContains(t, got, base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("cc basic:x")+":"+form)))
			assert.Contains(t, got, Mask)
		})
	}
}

// Credentials that nobody told the Redactor of are masked where credentials are written.
func TestPlacesOfCredentials(t *testing.T) {
	t.Parallel()
	r := New()
	const unknown = "dW5rbm93bi1jcmVkZW50aWFs"
	for _, text := range []string{
		"GET / HTTP/1.1\r\nAuthorization: Basic " + unknown + "\r\n",
		"authorization: bearer " + unknown,
		`{"Authorization":"DPoP ` + unknown + `"}`,
		`{"access_token":"` + unknown + `","token_type":"Bearer"}`,
		`{\"access_token\":\"` + unknown + `\"}`,
		"grant_type=client_credentials&client_id=x&client_secret=" + unknown + "&scope=a",
		"client_assertion=" + unknown,
		"token=" + unknown + "&token_type_hint=access_token",
		"map[Authorization:[Bearer " + unknown + "]]",
	} {
		got := r.String(text)
		assert.NotContains(t, got, unknown, text)
		assert.Contains(t, got, Mask)
	}
}

func TestOrdinaryTextIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := redactor()
	for _, text := range []string{
		"", "ok", "level=info msg=\"http://127.0.0.1:8080/oauth2/token?x=1\" vu=1",
		"The bearer of this line is not a token", "default: 20 looping VUs for 30s (gracefulStop: 30s)",
	} {
		assert.Equal(t, text, r.String(text))
	}
}

// Two clients may have the same secret; their Basic credentials differ.
func TestOneSecretOfTwoClients(t *testing.T) {
	t.Parallel()
	r := New()
	r.Secret("first", "the-same-secret")
	r.Secret("second", "the-same-secret")
	for _, id := range []string{"first", "second"} {
		assert.Equal(t, Mask, r.String(base64.StdEncoding.EncodeToString([]byte(id+":the-same-secret"))), id)
	}
}

// Where one secret begins with another, what follows is secret too.
func TestSecretsThatBeginAlike(t *testing.T) {
	t.Parallel()
	for range 20 { // maps are ordered at random
		r := New()
		for _, s := range []string{"hunter", "hunter2", "hunter2-and-more", "hunter2-and"} {
			r.Secret("x", s)
		}
		require.Equal(t, Mask+" "+Mask, r.String("hunter2-and-more hunter2"))
	}
}

// Opaque tokens may have characters that RFC 6750 §2.1 does not know.
func TestTokenOutsideB64(t *testing.T) {
	t.Parallel()
	r := New()
	r.Token("42|iNs8QdwXk0vKqPzLmTa7yR3b")
	assert.Equal(t, "got 42|"+Mask, r.String("got 42|iNs8QdwXk0vKqPzLmTa7yR3b"))
	r.Token("ordinary|words:here")
	assert.Equal(t, "ordinary words here", r.String("ordinary words here"))
}

// A secret as short as a word cannot be hidden without destroying the log.
func TestShortSecretsAreLeftAlone(t *testing.T) {
	t.Parallel()
	r := New()
	r.Secret("x", "abc")
	assert.Equal(t, "abcdef abc", r.String("abcdef abc"))
	r.Secret("x", "abcd")
	assert.Equal(t, Mask+"ef", r.String("abcdef"))
}

func TestOldTokensAreForgottenButNotNewOnes(t *testing.T) {
	t.Parallel()
	r := New()
	name := func(i int) string { return fmt.Sprintf("token-number-%08d", i) }
	for i := range 3 * generation {
		r.Token(name(i))
	}
	assert.Equal(t, name(0), r.String(name(0)))
	for i := 2 * generation; i < 3*generation; i += 1000 {
		assert.Equal(t, Mask, r.String(name(i)))
	}
	assert.LessOrEqual(t, len(r.young)+len(r.old), 2*generation)
}

func TestHookComesBeforeThoseOfOthers(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := logrus.New()
	logger.SetOutput(&out)
	logger.SetLevel(logrus.TraceLevel)
	earlier := &collector{}
	logger.AddHook(earlier)
	redactor().Install(logger)

	logger.WithField("header", "Bearer "+token).WithError(errors.New("wrong "+secret)).
		WithField("u", &url.URL{Path: token}).WithField("n", 7).
		WithField("headers", http.Header{"Authorization": {"Bearer " + token}}).WithField("list", []string{token}).Error("secret " + secret)

	require.Len(t, earlier.lines, 1)
	for _, text := range []string{earlier.lines[0], out.String()} {
		assert.NotContains(t, text, token)
		assert.NotContains(t, text, secret)
		assert.GreaterOrEqual(t, strings.Count(text, Mask), 6)
		assert.Contains(t, text, "n")
	}
}

type collector struct{ lines []string }

func (*collector) Levels() []logrus.Level { return logrus.AllLevels }

func (c *collector) Fire(e *logrus.Entry) error {
	c.lines = append(c.lines, fmt.Sprint(e.Message, e.Data))
	return nil
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	r := New()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				s := fmt.Sprintf("concurrent-%d-%d", i, j)
				r.Token(s)
				if j%20 == 0 {
					r.Secret("id", "secret-"+s)
				}
				assert.Equal(t, Mask, r.String(s))
				assert.Equal(t, Mask, r.String(fmt.Sprintf("secret-concurrent-%d-%d", i, j-j%20)))
			}
		})
	}
	wg.Wait()
}
