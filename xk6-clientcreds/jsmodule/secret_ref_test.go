package jsmodule

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/secretsource"
)

// vault is a secret source of k6.
type vault map[string]string

func (*vault) Description() string { return "a test" }

func (v *vault) Get(key string) (string, error) {
	if value, ok := (*v)[key]; ok {
		return value, nil
	}
	return "", errors.New("no value")
}

// wallet is where secrets of a test are.
type wallet struct {
	t       testing.TB
	dir     string
	env     map[string]string
	sources map[string]secretsource.Source
}

func newWallet(t testing.TB) *wallet {
	t.Helper()
	return &wallet{t: t, dir: t.TempDir(), env: map[string]string{}}
}

// write replaces a file and returns its path.
func (w *wallet) write(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	require.NoError(w.t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(w.t, os.Rename(path+".new", path))
	return path
}

// vu returns a VU of a script that is in the folder of the wallet.
func (w *wallet) vu(root *RootModule) *vu {
	w.t.Helper()
	v := newBareVU(w.t)
	env := v.rt.VU.InitEnvField
	env.CWD.Path = w.dir
	env.LookupEnv = func(name string) (string, bool) { value, ok := w.env[name]; return value, ok }
	manager, _, err := secretsource.NewManager(w.sources)
	require.NoError(w.t, err)
	env.SecretsManager = manager
	v.importModule(root)
	return v
}

// client makes the client of a VU, whose clientSecret is in the options.
func (v *vu) client(e *endpoint, options string) error {
	_, err := v.run(fmt.Sprintf(`globalThis.client = new Client({tokenUrl: %q, clientId: 'orders', %s})`, e.URL+"/token",
		options))
	return err
}

func TestSecretsFromWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	w.env["THE_SECRET"] = testSecret
	w.write("plain", testSecret)
	w.write("lines", testSecret+"\n")
	w.write("dos", testSecret+"\r\n")
	w.sources = map[string]secretsource.Source{
		"default": &vault{"the-secret": testSecret},
		"other":   &vault{"x": testSecret},
	}
	for _, secret := range []string{
		`{file: 'plain'}`, `{file: './lines'}`, `{file: 'dos'}`, fmt.Sprintf(`{file: %q}`, filepath.Join(w.dir, "plain")),
		`{env: 'THE_SECRET'}`, `{secret: 'the-secret'}`, `{secret: 'x', source: 'other'}`, `'` + testSecret + `'`,
	} {
		e := newEndpoint(t)
		v := w.vu(New())
		require.NoError(t, v.client(e, `clientSecret: `+secret), secret)
		v.start()
		v.mustRun(`client.token()`)
		_, header := e.lastRequest(t)
		assert.Equal(t, basicAuth("orders", testSecret), header.Get("Authorization"), secret)
		v.state.Logger.Info("it is " + testSecret)
		assert.Equal(t, "it is ***REDACTED***", v.messages()[0], secret)
	}
}

func TestKeysAndAssertionsFromWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	w.env["THE_KEY"], w.env["JWT"] = testJWK, "aaaa.bbbb.cccc\n"
	w.write("key", testJWK+"\n")
	w.sources = map[string]secretsource.Source{"default": &vault{"the-key": testJWK}}
	for _, key := range []string{`{file: 'key'}`, `{env: 'THE_KEY', kid: 'mine'}`, `{secret: 'the-key', alg: 'EdDSA'}`} {
		e := newEndpoint(t)
		v := w.vu(New())
		require.NoError(t, v.client(e, `auth: 'private_key_jwt', key: `+key), key)
		v.start()
		v.mustRun(`client.token()`)
		assert.Equal(t, "orders", e.sentClaims(t, 0)["iss"], key)
	}
	e := newEndpoint(t)
	v := w.vu(New())
	require.NoError(t, v.client(e, `auth: 'private_key_jwt', assertion: {env: 'JWT'}`))
	v.start()
	v.mustRun(`client.acquire()`)
	form, _ := e.lastRequest(t)
	assert.Equal(t, "aaaa.bbbb.cccc", form.Get("client_assertion"))
	delete(w.env, "JWT")
	assert.Equal(t, "client_authentication", v.mustRun(`client.acquire().error`))
}

// A PEM works wherever it is from although its line breaks are lost, and each of its lines is hidden.
func TestPEMThatLostItsLineBreaks(t *testing.T) {
	t.Parallel()
	id := newIdentity(t, "orders", time.Hour)
	for name, broken := range map[string]string{"escaped": `\n`, "blanks": " ", "nothing": ""} {
		w := newWallet(t)
		key := strings.ReplaceAll(id.key, "\n", broken)
		w.env["KEY"], w.env["BOTH"] = key, strings.ReplaceAll(id.certificate+id.key, "\n", broken)
		w.write("key", key)
		w.write("both", w.env["BOTH"])
		w.sources = map[string]secretsource.Source{"default": &vault{"key": key}}
		text, both := fmt.Sprintf("%q", key), fmt.Sprintf("%q", w.env["BOTH"])
		for _, options := range []string{
			`auth: 'private_key_jwt', key: ` + text, `auth: 'private_key_jwt', key: {text: ` + text + `}`,
			`auth: 'private_key_jwt', key: {file: 'key'}`, `auth: 'private_key_jwt', key: {env: 'KEY'}`,
			`auth: 'private_key_jwt', key: {secret: 'key'}`, `auth: 'private_key_jwt', key: {env: 'BOTH'}`,
			`clientSecret: 'abcd', dpop: {key: ` + text + `}`, `clientSecret: 'abcd', dpop: {key: {env: 'KEY'}}`,
			`tokenUrl: 'https://127.0.0.1/token', auth: 'tls_client_auth', certificate: ` + both + `, key: {env: 'KEY'}`,
			`tokenUrl: 'https://127.0.0.1/token', auth: 'tls_client_auth', certificate: {file: 'both'}, key: {file: 'both'}`,
		} {
			v := w.vu(New())
			require.NoError(t, v.client(newEndpoint(t), options), "%s: %s", name, options)
			v.start()
			v.state.Logger.Info("it is " + key)
			v.state.Logger.Info("it is " + strings.Split(id.key, "\n")[1])
			require.Len(t, v.messages(), 2)
			for _, message := range v.messages() {
				assert.Contains(t, message, "***REDACTED***")
				for _, line := range strings.Split(id.key, "\n")[1:3] {
					assert.NotContains(t, message, line[:10], "%s: %s", name, options)
				}
			}
		}
	}
}

func TestSecretsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	w.env["BLANK"], w.env["LINE"] = " ", "s3cr3t\n"
	w.write("two-lines", "s3cr3t\ns3cr3t\n")
	w.write("utf-16", "s\x003\x00c\x00r\x00")
	w.write("latin-1", "s3cr3t\xe9")
	w.write("bom", "\ufeffs3cr3t")
	w.write("no-key", "s3cr3t")
	w.sources = map[string]secretsource.Source{"default": &vault{"empty": "", "line": "s3cr3t\n"}}
	const oneLine = `leads to a secret that has a line break or another control character in it; it must be text in one line`
	for options, message := range map[string]string{
		`clientSecret: {file: 'two-lines'}`:                         `option "clientSecret.file" ` + oneLine,
		`clientSecret: {file: 'utf-16'}`:                            `option "clientSecret.file" ` + oneLine,
		`clientSecret: {file: 'latin-1'}`:                           `option "clientSecret.file" leads to a secret that is not UTF-8; it must be text in one line`,
		`clientSecret: {file: 'bom'}`:                               `option "clientSecret.file" leads to a secret that begins with a byte order mark; it must be text without one`,
		`clientSecret: {file: '.'}`:                                 `option "clientSecret.file" cannot be read: is a directory (` + w.dir + `); it must be the path, from the script's folder, of a file to read`,
		`clientSecret: {env: 'LINE'}`:                               `option "clientSecret.env" ` + oneLine,
		`clientSecret: {env: 'BLANK'}`:                              `option "clientSecret.env" names an environment variable that is empty; it must have a value`,
		`clientSecret: {secret: 'line'}`:                            `option "clientSecret.secret" ` + oneLine,
		`clientSecret: {secret: 'empty'}`:                           `option "clientSecret.secret" names a secret that is empty; it must have a value`,
		`clientSecret: {secret: 'none'}`:                            `option "clientSecret.secret" cannot be read: the source says "no value"; it must be the name of a secret there`,
		`clientSecret: {secret: 'x', source: 'other'}`:              `option "clientSecret.source" is not a secret source of k6; name one so with --secret-source=file=name=NAME,filename=secrets.txt, or make one the default with --secret-source=file=default,filename=secrets.txt at <eval>:1:21(13)`,
		`auth: 'private_key_jwt', key: {file: 'no-key'}`:            `option "key" contains no PEM block and is not a JWK; it must be a private RSA, EC or Ed25519 key, as PEM (PKCS #8, PKCS #1 or SEC 1) or as a JWK`,
		`auth: 'private_key_jwt', assertion: {env: 'NOBODY'}`:       `option "assertion.env" is not the name of an environment variable of the k6 process; set the variable where k6 is started`,
		`auth: 'client_secret_jwt', clientSecret: {file: 'no-key'}`: `option "clientSecret" has 6 bytes; client_secret_jwt with HS256 needs 32 or more (RFC 7518 §3.2)`,
	} {
		err := w.vu(New()).client(newEndpoint(t), options)
		require.ErrorContains(t, err, "TypeError: k6/x/clientcreds: "+message, options)
		assert.NotContains(t, err.Error(), "s3cr3t")
	}
	w.sources = nil
	err := w.vu(New()).client(newEndpoint(t), `clientSecret: {secret: 'x'}`)
	require.ErrorContains(t, err,
		`option "clientSecret.secret" cannot be read: no secret sources are configured; start k6 with --secret-source`)
}
