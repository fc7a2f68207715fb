package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var shared = os.DirFS("../..")

func local() Settings {
	return Settings{
		TokenURL: "http://127.0.0.1:8089/token", APIURL: "http://127.0.0.1:8089/api/orders", ClientID: "demo",
		K6Version: "v2.2.0", XK6Version: "v1.4.13", Version: "v0.1.0",
	}
}

// A setting is in the script and in the environment, and in nothing else.
func TestScriptHasTheSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change      func(*Settings)
		script, env string
		absent      string // from both
	}{
		{
			func(*Settings) {}, "tokenUrl: __ENV.TOKEN_URL || 'http://127.0.0.1:8089/token',",
			"TOKEN_URL=http://127.0.0.1:8089/token\n", "ISSUER",
		},
		{
			func(s *Settings) { s.Issuer = "https://idp.example" }, "issuer: __ENV.ISSUER || 'https://idp.example',",
			"ISSUER=https://idp.example\n", "TOKEN_URL",
		},
		{
			func(s *Settings) { s.ClientID = "it's" }, `clientId: __ENV.CLIENT_ID || "it's",`, `CLIENT_ID='it'\''s'` + "\n",
			"demo",
		},
		{func(*Settings) {}, "clientSecret: { env: 'CLIENT_SECRET' },", "CLIENT_SECRET=\n", "auth:"},
		{
			func(s *Settings) { s.Auth = "client_secret_post" }, "auth: 'client_secret_post',", "AUTH=client_secret_post\n",
			"KEY",
		},
		{
			func(s *Settings) { s.Auth, s.KeyFile = "private_key_jwt", "k.pem" },
			"key: { file: __ENV.CLIENT_KEY_FILE || 'k.pem' },",
			"CLIENT_KEY_FILE=k.pem\n", "CLIENT_SECRET",
		},
		{
			func(s *Settings) { s.Auth, s.CertificateFile = "tls_client_auth", "c.pem" },
			"certificate: { file: __ENV.CLIENT_CERTIFICATE_FILE || 'c.pem' },", "CLIENT_CERTIFICATE_FILE=c.pem\n",
			"CLIENT_SECRET",
		},
		{func(s *Settings) { s.Scope = "a b" }, "scope: 'a b',", "SCOPE='a b'\n", "audience"},
		{func(s *Settings) { s.Audience = "api" }, "audience: 'api',", "AUDIENCE=api\n", "scope:"},
		{func(s *Settings) { s.DPoP = true }, "dpop: true,", "DPOP=true\n", "cache:"},
		{func(s *Settings) { s.BasicEncoding = "raw" }, "basicEncoding: 'raw',", "BASIC_ENCODING=raw\n", "cache:"},
		{func(s *Settings) { s.CacheScope = "shared" }, "cache: { scope: 'shared' },", "CACHE_SCOPE=shared\n", "leeway"},
		{
			func(s *Settings) { s.Leeway, s.CacheScope = "5s", "vu" }, "cache: { scope: 'vu', leeway: '5s' },",
			"CACHE_SCOPE=vu\nLEEWAY=5s\n", "dpop",
		},
		{func(s *Settings) { s.Leeway = "5s" }, "cache: { leeway: '5s' },", "LEEWAY=5s\n", "dpop"},
	} {
		s := local()
		c.change(&s)
		script, err := Script(s)
		require.NoError(t, err)
		env, err := Environment(s)
		require.NoError(t, err)
		assert.Contains(t, string(script), c.script)
		assert.Contains(t, string(env), c.env)
		assert.NotContains(t, string(script)+string(env), c.absent)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	list, err := Files(local(), shared)
	require.NoError(t, err)
	paths := make(map[string]string)
	for _, f := range list {
		paths[f.Path] = string(f.Content)
		assert.NotEmpty(t, f.Content, f.Path)
		assert.NotContains(t, string(f.Content), "<no value>", f.Path)
		if strings.HasSuffix(f.Path, ".yml") {
			var content map[string]any
			require.NoError(t, yaml.Unmarshal(f.Content, &content), f.Path)
			assert.NotEmpty(t, content, f.Path)
		}
	}
	for _, path := range []string{
		"types/clientcreds.d.ts", "rules.yml", "monitoring/grafana/run-overview.json",
		"monitoring/prometheus/rules.yml",
	} {
		assert.Contains(t, paths, path)
	}
	assert.NotContains(t, paths, "monitoring/prometheus/rules_test.yml")
	workflow := paths[".github/workflows/load-test.yml"]
	for _, want := range []string{
		"K6_VERSION: v2.2.0", "XK6_VERSION: v1.4.13", "CLIENTCREDS_VERSION: v0.1.0",
		"${{ secrets.CLIENT_SECRET }}",
	} {
		assert.Contains(t, workflow, want)
	}
	for _, e := range Contents() {
		found := false
		for path := range paths {
			found = found || path == e.Path || strings.HasPrefix(path, e.Path+"/")
		}
		assert.True(t, found, e.Path)
		assert.LessOrEqual(t, 2+33+len(e.About), 80, e.Path)
	}
}

// Nothing is overwritten without force, and then nothing is written either.
func TestWriteKeepsFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	list := []File{{"a.txt", []byte("a")}, {"sub/b.txt", []byte("b")}}
	require.NoError(t, Write(dir, list, false))
	require.NoError(t, os.Remove(filepath.Join(dir, "a.txt")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", "b.txt"), []byte("mine"), 0o600))
	err := Write(dir, list, false)
	require.ErrorIs(t, err, ErrExists)
	require.ErrorContains(t, err, filepath.Join(dir, "sub", "b.txt"))
	assert.NoFileExists(t, filepath.Join(dir, "a.txt"))
	require.NoError(t, Write(dir, list, true))
	text, err := os.ReadFile(filepath.Join(dir, "sub", "b.txt")) // #nosec G304 -- of the test
	require.NoError(t, err)
	assert.Equal(t, "b", string(text))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "sub")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub"), nil, 0o600))
	require.Error(t, Write(dir, list, true), "a file where a folder should be")
	assert.FileExists(t, filepath.Join(dir, "a.txt"), "it was there before")
}

// If a file cannot be written, nothing is left of the others, and what was there before is kept.
func TestWriteLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o600))
	list := []File{{"new/a.txt", []byte("a")}, {"new/deeper/b.txt", []byte("b")}, {"mine/c.txt", []byte("c")}}
	require.Error(t, Write(dir, list, false), "a file where a folder should be")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	assert.Equal(t, "mine", entries[0].Name())
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                              "",
		"https://idp.example/token":     "",
		"http://127.0.0.1:1/token":      "",
		"idp.example/token":             "TOKEN_URL must be an absolute http or https URL",
		"ftp://idp.example/token":       "TOKEN_URL must be an absolute http or https URL",
		"https://me:hidden@idp.example": "TOKEN_URL has a user name or a password, which would be in the files: remove it",
		"https://me:hidden@[::1":        "TOKEN_URL must be an absolute http or https URL",
	} {
		s := Settings{TokenURL: url}
		if want == "" {
			require.NoError(t, s.Check(), url)
		} else {
			require.EqualError(t, s.Check(), want, url)
		}
	}
}
