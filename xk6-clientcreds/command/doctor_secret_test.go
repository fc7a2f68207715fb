package command

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
	"go.k6.io/k6/v2/secretsource"
)

// drawer is a secret source of k6.
type drawer struct{ secrets map[string]string }

func (*drawer) Description() string { return "a test" }

func (d *drawer) Get(key string) (string, error) {
	if secret, ok := d.secrets[key]; ok {
		return secret, nil
	}
	return "", os.ErrNotExist
}

// withSources gives doctor k6's secret sources.
func withSources(t *testing.T) func(*tests.GlobalTestState) {
	t.Helper()
	manager, _, err := secretsource.NewManager(map[string]secretsource.Source{
		"default": &drawer{map[string]string{"mine": doctorSecret, "empty": ""}},
		"team":    &drawer{map[string]string{"ours": doctorSecret}},
	})
	require.NoError(t, err)
	return func(state *tests.GlobalTestState) { state.SecretsManager = manager }
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDoctorWithASecretFromWhereItIs(t *testing.T) {
	t.Parallel()
	_, env := examinee(t)
	right, wrong := secretFile(t, doctorSecret+"\n"), secretFile(t, "another-secret")
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		code int
	}{
		"the variable": {map[string]string{"CLIENT_SECRET": doctorSecret}, nil, 0},
		"a file":       {map[string]string{"CLIENT_SECRET_FILE": right}, nil, 0},
		"a wrong file": {map[string]string{"CLIENT_SECRET_FILE": wrong}, nil, 1},
		"a flag before it": {
			map[string]string{"CLIENT_SECRET_FILE": wrong},
			[]string{"--client-secret-file", right},
			0,
		},
		"a flag before the secret": {
			map[string]string{"CLIENT_SECRET": "another-secret"},
			[]string{"--client-secret-file", right},
			0,
		},
		"another variable": {
			map[string]string{"CLIENT_SECRET": "another-secret", "MINE": doctorSecret},
			[]string{"--client-secret-env", "MINE"},
			0,
		},
		"a secret source":       {map[string]string{"CLIENT_SECRET_SOURCE": "mine"}, nil, 0},
		"a named secret source": {map[string]string{"CLIENT_SECRET_SOURCE": "team:ours"}, nil, 0},
		"a source by flag":      {nil, []string{"--client-secret-source", "mine"}, 0},
		"a flag replaces variables": {
			map[string]string{"CLIENT_SECRET": "another-secret-that-is-wrong"},
			[]string{"--client-secret-source=team:ours"},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := maps.Clone(env)
			delete(all, "CLIENT_SECRET")
			maps.Copy(all, c.env)
			out, err := examine(t, withSources(t), all, c.args...)
			require.Equal(t, c.code, exitCode(err), "%v %s", err, out)
			require.NotContains(t, out, doctorSecret)
		})
	}
}

// A text that cannot be a secret ends the doctor before anything is sent. Neither the secret nor a path that
// looks like one is in the error.
func TestDoctorWithASecretThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	server, env := examinee(t)
	const private = "S3cr3t-s3cr3t-s3cr3t"
	const path = "; the rest is not shown, because it may be the secret); it must be the path of a file with the " +
		"client's secret"
	here, err := os.Getwd()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"two variables": {
			map[string]string{"CLIENT_SECRET": private, "CLIENT_SECRET_FILE": private},
			nil,
			"CLIENT_SECRET and CLIENT_SECRET_FILE are both set; unset one of them",
		},
		"two flags": {
			nil,
			[]string{"--client-secret-file", private, "--client-secret-env", private},
			"--client-secret-file and --client-secret-env are both set; set one of them",
		},
		"two other flags": {
			nil,
			[]string{"--client-secret-env", private, "--client-secret-source", private},
			"--client-secret-env and --client-secret-source are both set; set one of them",
		},
		"no such secret of a flag": {
			nil,
			[]string{"--client-secret-source", private},
			"--client-secret-source cannot be read, file does not exist; it must be the name of a secret, or source:name",
		},
		"no file": {
			map[string]string{"CLIENT_SECRET_FILE": private},
			nil,
			"CLIENT_SECRET_FILE cannot be read: no such file or directory (below " + here + path,
		},
		"no file of a flag": {
			nil,
			[]string{"--client-secret-file", private},
			"--client-secret-file cannot be read: no such file or directory (below " + here + path,
		},
		"an empty file": {
			map[string]string{"CLIENT_SECRET_FILE": secretFile(t, "\n")},
			nil,
			"CLIENT_SECRET_FILE is empty (",
		},
		"lines": {
			map[string]string{"CLIENT_SECRET_FILE": secretFile(t, private+"\n"+private)},
			nil,
			"CLIENT_SECRET_FILE: the secret has a line break or another control character in it; it must be text in one line",
		},
		"a line in variable": {
			map[string]string{"CLIENT_SECRET": private + "\n"},
			nil,
			"CLIENT_SECRET: the secret has a line break or another control character in it",
		},
		"no variable": {
			nil,
			[]string{"--client-secret-env", private},
			"--client-secret-env must name an environment variable that is set, and holds the secret",
		},
		"no such secret": {
			map[string]string{"CLIENT_SECRET_SOURCE": private},
			nil,
			"CLIENT_SECRET_SOURCE cannot be read, file does not exist; it must be the name of a secret, or source:name, in " +
				"what --secret-source=file=secrets.txt configures",
		},
		"no such source": {
			map[string]string{"CLIENT_SECRET_SOURCE": "nobody:x"},
			nil,
			`CLIENT_SECRET_SOURCE cannot be read, no secret source with name "nobody" is configured`,
		},
		"an empty secret": {
			map[string]string{"CLIENT_SECRET_SOURCE": "empty"},
			nil,
			"CLIENT_SECRET_SOURCE names a secret that is empty",
		},
		"nothing": {nil, nil, "CLIENT_SECRET is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := maps.Clone(env)
			delete(all, "CLIENT_SECRET")
			maps.Copy(all, c.env)
			out, err := examine(t, withSources(t), all, c.args...)
			require.Equal(t, 104, exitCode(err))
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), private)
			require.Empty(t, out)
		})
	}
	require.Zero(t, server.Stats().TokenRequests.Total)
}

func TestDoctorWithoutSecretSources(t *testing.T) {
	t.Parallel()
	_, env := examinee(t)
	delete(env, "CLIENT_SECRET")
	env["CLIENT_SECRET_SOURCE"] = "mine"
	_, err := examine(t, nil, env)
	require.ErrorContains(t, err, "CLIENT_SECRET_SOURCE needs --secret-source, such as --secret-source=file=secrets.txt")
}
