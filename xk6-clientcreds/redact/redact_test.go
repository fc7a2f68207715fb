package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
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
		"plain secret":           "secret is " + secret + " there",
		"form-encoded secret":    "body: grant_type=client_credentials&x=" + form + "&y=1",
		"raw basic":              "Basic " + base64.StdEncoding.EncodeToString([]byte("cc basic:x:"+secret)),
		"form basic":             "sent " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("cc basic:x")+":"+form)),
		"token":                  "got " + token,
		"token in quotes":        `"` + token + `"`,
		"token in a sentence":    "It was " + token + ".",
		"token in a path":        "/introspect/" + token,
		"token in a query":       "?token=" + token + "&x=1",
		"token after colon":      "token:" + token,
		"padded token":           "got opaque/token+with== here",
		"several":                token + "," + token + " " + secret,
		"secret in JSON":         `{"secret":"p@ss:w%rd+/=& \"z\""}`,
		"secret in HTML JSON":    `{"secret":"p@ss:w%rd+/=\u0026 \"z\""}`,
		"secret in PHP's JSON":   `{"secret":"p@ss:w%rd+\/=& \"z\""}`,
		"secret in a path":       "/clients/" + url.PathEscape(secret) + "/rotate",
		"token in a longer word": "x" + token + "y",
		"form-encoded token":     "jwt=" + url.QueryEscape("opaque/token+with==") + "&x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := r.String(text)
			for _, hidden := range []string{
				secret, form, url.PathEscape(secret), "p@ss", token, "opaque/token",
				"opaque%2Ftoken", "c2ln-_nature",
			} {
				assert.NotContains(t, got, hidden)
			}
			assert.NotContains(t, got, base64.StdEncoding.EncodeToString([]byte("cc basic:x:"+secret)))
			assert.NotContains(t, got, base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("cc basic:x")+":"+form)))
			assert.Contains(t, got, Mask)
		})
	}
}

// Credentials that nobody told the Redactor of are masked where credentials are written, however short.
func TestPlacesOfCredentials(t *testing.T) {
	t.Parallel()
	r := New()
	const unknown = "pJ4x9Qw"
	const long = "dW5rbm93bi1jcmVkZW50aWFs"
	texts := []string{
		"GET / HTTP/1.1\r\nAuthorization: Basic " + unknown + "\r\n",
		"authorization: bearer " + unknown,
		`{"Authorization":"DPoP ` + unknown + `"}`,
		"map[Authorization:[Bearer " + unknown + "]]",
		"it is bearer " + long,
		"it is DPoP " + long,
	}
	for _, name := range []string{
		"access_token", "refresh_token", "id_token", "client_secret", "client_assertion",
		"registration_access_token",
	} {
		texts = append(texts,
			`{"`+name+`":"`+unknown+`","token_type":"Bearer"}`,
			`{ "`+name+`" : "a\"\/ `+unknown+`" }`,
			`{\"`+name+`\":\"`+unknown+`\"}`,
			`{\"`+name+`\":\"a\\\"b\\/`+unknown+`\"}`,
		)
	}
	for _, name := range []string{
		"access_token", "refresh_token", "token", "client_secret", "client_assertion",
		"subject_token", "actor_token",
	} {
		texts = append(texts, name+"="+unknown+"&token_type_hint=access_token",
			"grant_type=client_credentials&client_id=x&"+name+"="+unknown)
	}
	for _, text := range texts {
		got := r.String(text)
		assert.NotContains(t, got, unknown, text)
		assert.NotContains(t, got, long, text)
		assert.Contains(t, got, Mask)
	}
}

// Every credential of a text is masked, not only the first one of its kind.
func TestPlacesOfSeveralCredentials(t *testing.T) {
	t.Parallel()
	r := New()
	assert.Equal(t, `got "access_token":"`+Mask+`", "id_token":"`+Mask+`"; token=`+Mask+"&client_secret="+Mask,
		r.String(`got "access_token":"first-1", "id_token":"second2"; token=third-3&client_secret=fourth4`))
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

// Nothing is left of secrets that overlap.
func TestSecretsThatOverlap(t *testing.T) {
	t.Parallel()
	r := New()
	r.Secret("x", "abcdef")
	r.Secret("x", "defghi")
	r.Token("ghijklmnop")
	assert.Equal(t, "x"+Mask+"y", r.String("xabcdefghijklmnopy"))
	assert.Equal(t, "x"+Mask+"y", r.String("xabcdefdefghiy"))
	r.Secret("x", "jklm")
	assert.Equal(t, "x"+Mask+"y", r.String("xghijklmnopy"))
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

// A token may have every printable character (RFC 6749 §A.12), also those that RFC 6750 §2.1 does not
// know.
func TestTokensOutsideB64(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		"42|iNs8QdwXk0vKqPzLmTa7yR3b", "s3cr$t&t0k^n*w(th)odd#chars@here", "one two three four five six!",
		`se|cr|et "\to|ke|n!{}<>`, "Zq9xY7k", "p/=+",
	} {
		r := New()
		r.Token(token)
		quoted, err := json.Marshal(token)
		require.NoError(t, err)
		for _, text := range []string{
			token, string(quoted[1 : len(quoted)-1]), url.QueryEscape(token),
			url.PathEscape(token),
		} {
			assert.Equal(t, "got "+Mask+".", r.String("got "+text+"."))
			assert.Equal(t, `in "`+Mask+`", he said`, r.String(`in "`+text+`", he said`))
		}
		assert.Equal(t, "Authorization: Bearer "+Mask, r.String("Authorization: Bearer "+token))
	}
}

// Short tokens look like words. They are hidden, but do not make a log unreadable.
func TestShortTokensAreHiddenWhereTheyStandAlone(t *testing.T) {
	t.Parallel()
	r := New()
	for _, token := range []string{"ok", "abc", "token"} {
		r.Token(token)
	}
	assert.Equal(t, "ok, abc: "+Mask+" "+Mask+", tokens, a-token, token_type",
		r.String("ok, abc: token token, tokens, a-token, token_type"))
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

// The newest tokens are hidden: one generation, and the generation before.
func TestOldTokensAreForgottenButNotNewOnes(t *testing.T) {
	t.Parallel()
	r := New()
	name := func(i int) string { return fmt.Sprintf("token-number-%08d", i) }
	const n = 5 * generation / 2
	for i := range n {
		r.Token(name(i))
		r.Token(name(i)) // the same one
	}
	assert.Equal(t, name(0), r.String(name(0)))
	for i := n - generation; i < n; i += 1000 {
		assert.Equal(t, Mask, r.String(name(i)))
	}
	assert.LessOrEqual(t, r.young.size()+r.old.size(), 2*generation)
}

// What is said of one client of a pool costs the same, however many clients were there before: nothing
// is made again of all their secrets.
func TestCostDoesNotGrowWithTheClients(t *testing.T) { // not in parallel: it counts allocations
	r := New()
	n := 0
	next := func() {
		n++
		secret := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64([]byte("some/+secret?"), uint64(n)))
		r.Secret(fmt.Sprintf("client-%d", n), secret)
		r.String("invalid_client (HTTP 401): it is " + secret)
	}
	few := testing.AllocsPerRun(100, next)
	for range 4000 {
		next()
	}
	assert.Less(t, testing.AllocsPerRun(100, next), few+5)
	assert.Less(t, len(r.secrets.lengths), 30, "how often each candidate is compared")
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
		WithField("headers", http.Header{"Authorization": {"Bearer " + token}}).WithField("list",
		[]string{token}).Error("secret " + secret)

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

// Where a short token stands alone: at the ends of the text, and beside what is not part of a word.
func TestWordsEndAtOtherCharacters(t *testing.T) {
	t.Parallel()
	r := New()
	r.Token("token")
	for _, c := range "azAZ09_-" {
		beside := string(c)
		for _, text := range []string{beside + "token", "token" + beside, "(" + beside + "token)"} {
			assert.Equal(t, text, r.String(text))
		}
	}
	for _, c := range "`{@[/:.~ " {
		beside := string(c)
		assert.Equal(t, beside+Mask+beside, r.String(beside+"token"+beside))
	}
	assert.Equal(t, Mask, r.String("token"))
}

// A token of eight characters is hidden within words too, one of seven is not.
func TestLengthFromWhichTokensAreHiddenWithinWords(t *testing.T) {
	t.Parallel()
	r := New()
	r.Token("sevenxx")
	r.Token("eightxxx")
	assert.Equal(t, "asevenxxb a"+Mask+"b", r.String("asevenxxb aeightxxxb"))
}

// The shortest secret is found where the text begins and ends with it, and short texts are searched without a panic.
func TestEndsOfTheText(t *testing.T) {
	t.Parallel()
	r := New()
	r.Secret("x", "abcd")
	r.Secret("x", "longer-secret")
	for _, text := range []string{"abcd", "longer-secret"} {
		assert.Equal(t, Mask, r.String(text))
		assert.Equal(t, Mask+".", r.String(text+"."))
		assert.Equal(t, "."+Mask, r.String("."+text))
	}
	for _, text := range []string{"", "a", "abc", "bcd", "secret"} {
		assert.Equal(t, text, r.String(text))
	}
}

// A generation is full when it has so many forms, and not one later.
func TestSizeOfAGeneration(t *testing.T) {
	t.Parallel()
	r := New()
	for i := range generation {
		r.Token(fmt.Sprintf("token-number-%08d", i))
	}
	assert.Equal(t, generation, r.young.size())
	assert.Zero(t, r.old.size())
	r.Token("another-token")
	assert.Equal(t, 1, r.young.size())
	assert.Equal(t, generation, r.old.size())
}

// Two spans that touch are one mask, and two with something between them are two.
func TestMasksThatTouch(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Mask+"e", mask("abcde", []span{{0, 2}, {2, 4}}))
	assert.Equal(t, Mask+"c"+Mask, mask("abcde", []span{{3, 5}, {0, 2}}))
	assert.Equal(t, Mask, mask("abcde", []span{{0, 5}, {1, 2}}))
	assert.Equal(t, "a"+Mask, mask("abcde", []span{{1, 2}, {1, 5}}))
	assert.Equal(t, "abcde", mask("abcde", nil))
}
