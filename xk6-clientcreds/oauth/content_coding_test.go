package oauth

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// encoders make the codings, by the name of the row; the header has its first word.
var encoders = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"x-gzip":  func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"deflate without zlib": func(w io.Writer) io.WriteCloser {
		raw, _ := flate.NewWriter(w, flate.BestCompression)
		return raw
	},
	"br": func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		encoder, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		return encoder
	},
}

func encode(t testing.TB, coding, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := encoders[coding](&b)
	_, err := io.WriteString(w, body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// Whatever the answer is, it is the same as without the coding.
func TestAnswersThatAreCompressed(t *testing.T) {
	t.Parallel()
	const issuer = "https://i.example.com"
	client := newClient(t, config())
	answers := map[string]struct {
		status int
		body   string
		ask    func(Doer) (any, error)
	}{
		"token": {200, `{"access_token":"at"}`, func(do Doer) (any, error) {
			token, err := client.Token(context.Background(), do)
			if err != nil {
				return nil, err
			}
			return token.AccessToken.Reveal(), nil
		}},
		"error": {401, `{"error":"invalid_client","error_description":"no such client"}`, func(do Doer) (any, error) {
			_, err := client.Token(context.Background(), do)
			return err.Error(), nil
		}},
		"metadata": {200, `{"issuer":"` + issuer + `","token_endpoint":"` + issuer + `/t"}`, func(do Doer) (any, error) {
			return Discover(context.Background(), do, issuer)
		}},
		"key set": {
			200, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
			func(do Doer) (any, error) {
				return FetchKeySet(context.Background(), do, issuer+"/keys")
			},
		},
		"introspection": {200, `{"active":true,"scope":"a"}`, func(do Doer) (any, error) {
			return newTestEndpoint(t, config()).Introspect(context.Background(), do, "t")
		}},
		"refused introspection": {403, `{"error":"access_denied"}`, func(do Doer) (any, error) {
			_, err := newTestEndpoint(t, config()).Introspect(context.Background(), do, "t")
			return err.Error(), nil
		}},
		"refused revocation": {200, `{"error":"unsupported_token_type"}`, func(do Doer) (any, error) {
			_, err := newTestEndpoint(t, config()).Revoke(context.Background(), do, "t")
			return err.Error(), nil
		}},
	}
	for name, c := range answers {
		want, err := c.ask(always(c.status, typeJSON, c.body))
		require.NoError(t, err, name)
		for coding := range encoders {
			header, _, _ := strings.Cut(coding, " ")
			got, err := c.ask(always(c.status, typeJSON, encode(t, coding, c.body), "Content-Encoding", header))
			require.NoError(t, err, "%s, %s", name, coding)
			assert.Equal(t, want, got, "%s, %s", name, coding)
		}
	}
}

func TestContentCodings(t *testing.T) {
	t.Parallel()
	const token = `{"access_token":"at"}`
	twice := encode(t, "gzip", encode(t, "br", token))
	halved := encode(t, "gzip", token)
	halved = halved[:len(halved)/2]
	for name, c := range map[string]struct{ coding, body, want string }{
		"two codings":        {"br, GZIP", twice, ""},
		"identity":           {"identity", token, ""},
		"empty header":       {" ,", token, ""},
		"in the wrong order": {"gzip, br", twice, "the answer claims the content coding br, but cannot be decoded"},
		"not compressed":     {"gzip", token, "the answer claims the content coding gzip, but cannot be decoded"},
		"not deflated":       {"deflate", token, "the answer claims the content coding deflate, but cannot be decoded"},
		"not br":             {"br", token, "the answer claims the content coding br, but cannot be decoded"},
		"not zstd":           {"zstd", token, "the answer claims the content coding zstd, but cannot be decoded"},
		"half of it":         {"gzip", halved, "the answer claims the content coding gzip, but cannot be decoded"},
		"unknown": {
			"sdch\u202e", token,
			`the answer has the content coding "sdch", which the request did not ask for`,
		},
		"too many":   {"gzip,gzip,gzip,gzip", token, "the answer has more than 3 content codings"},
		"empty body": {"gzip", "", "the answer is empty"},
	} {
		for status, code := range map[int]string{200: CodeInvalidResponse, 502: CodeHTTPError} {
			_, err := newClient(t, config()).Token(context.Background(),
				always(status, typeJSON, c.body, "Content-Encoding", c.coding))
			if c.want == "" && status == 200 {
				require.NoError(t, err, name)
				continue
			}
			var e *Error
			require.ErrorAs(t, err, &e, name)
			assert.Equal(t, code, e.Code, name)
			if c.want != "" {
				assert.Equal(t, c.want, e.Description, name)
			}
		}
	}
}

// A few kilobytes can be a gigabyte: what is decoded is bounded as what arrives is.
func TestNumberOfContentCodings(t *testing.T) {
	t.Parallel()
	body := []byte(encode(t, "gzip", encode(t, "gzip", encode(t, "gzip", "text"))))
	decoded, err := Decode(http.Header{"Content-Encoding": {"gzip, gzip, identity", "gzip"}}, body)
	require.NoError(t, err)
	assert.Equal(t, "text", string(decoded))
	_, err = Decode(http.Header{"Content-Encoding": {"gzip, gzip, gzip, gzip"}}, []byte(encode(t, "gzip", string(body))))
	require.ErrorContains(t, err, "more than 3 content codings")
}

func TestCompressedAnswersAreBounded(t *testing.T) {
	t.Parallel()
	within := `{"access_token":"` + strings.Repeat("x", maxBody-20) + `"}`
	beyond := strings.Repeat(" ", maxBody+1)
	for coding := range encoders {
		header, _, _ := strings.Cut(coding, " ")
		_, err := newClient(t, config()).Token(context.Background(),
			always(200, typeJSON, encode(t, coding, within), "Content-Encoding", header))
		require.NoError(t, err, coding)
		_, err = newClient(t, config()).Token(context.Background(),
			always(200, typeJSON, encode(t, coding, beyond), "Content-Encoding", header))
		require.EqualError(t, err, "invalid_response (HTTP 200): the answer is larger than 1 MiB", coding)
	}
	bomb := encode(t, "gzip", encode(t, "gzip", strings.Repeat(" ", 16<<20)))
	require.Less(t, len(bomb), 8<<10)
	_, err := newClient(t, config()).Token(context.Background(),
		always(200, typeJSON, bomb, "Content-Encoding", "gzip, gzip"))
	require.EqualError(t, err, "invalid_response (HTTP 200): the answer is larger than 1 MiB")
	_, err = newClient(t, config()).Token(context.Background(), always(200, typeJSON, beyond, "Content-Encoding", "gzip"))
	require.EqualError(t, err, "invalid_response (HTTP 200): the answer is larger than 1 MiB", "before it is decoded")
}

func FuzzDecode(f *testing.F) {
	for coding := range encoders {
		header, _, _ := strings.Cut(coding, " ")
		f.Add(header, []byte(encode(f, coding, `{"access_token":"at"}`)))
	}
	f.Add("gzip, br", []byte(encode(f, "br", encode(f, "gzip", "{}"))))
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		plain, err := Decode(map[string][]string{"Content-Encoding": {coding}}, body)
		if err != nil {
			assert.Nil(t, plain)
			return
		}
		assert.LessOrEqual(t, len(plain), max(len(body), maxBody))
	})
}
