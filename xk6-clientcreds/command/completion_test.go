package command

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

// The directives of a completion.
const (
	filesToo    = "0"
	noFiles     = "4"
	byExtension = "8"
	foldersOnly = "16"
)

func TestCompletion(t *testing.T) {
	t.Parallel()
	auth := []string{
		"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth",
		"self_signed_tls_client_auth",
	}
	for _, c := range []struct {
		args      []string
		values    []string
		directive string
	}{
		{[]string{"serve", "--token-format", ""}, []string{"opaque", "jwt"}, noFiles},
		{[]string{"serve", "--token-format="}, []string{"opaque", "jwt"}, noFiles},
		{[]string{"serve", "--jwt-alg", ""}, []string{"ES256", "RS256", "PS256", "EdDSA"}, noFiles},
		{[]string{"serve", "--basic-encoding", ""}, []string{"form", "raw"}, noFiles},
		{[]string{"serve", "--api-check", ""}, []string{"local", "introspection"}, noFiles},
		{[]string{"serve", "--admin", ""}, []string{"loopback", "on", "off"}, noFiles},
		{[]string{"serve", "--addr", ""}, nil, noFiles},
		{[]string{"serve", "--tls-dir", ""}, nil, foldersOnly},
		{[]string{"serve", "--faults", ""}, []string{"json"}, byExtension},
		{[]string{"serve", "--stats-file", ""}, nil, filesToo},
		{[]string{"serve", "--", ""}, nil, filesToo},
		{[]string{"doctor", "--auth", ""}, auth, noFiles},
		{[]string{"doctor", "--issuer", ""}, nil, noFiles},
		{[]string{"doctor", "--client-key-file", ""}, nil, filesToo},
		{[]string{"init", "--auth", ""}, auth, noFiles},
		{[]string{"init", ""}, nil, foldersOnly},
		{[]string{"compare", "--rules", ""}, []string{"yml", "yaml"}, byExtension},
		{[]string{"compare", ""}, []string{"json"}, byExtension},
		{[]string{"report", ""}, []string{"json"}, byExtension},
		{[]string{"verdict", ""}, []string{"json"}, byExtension},
		{[]string{"health", ""}, nil, noFiles},
		{[]string{"run", "token-load", "--auth", ""}, auth, noFiles},
		{[]string{"run", "token-load", "--auth=self"}, []string{"--auth=self_signed_tls_client_auth"}, noFiles},
		{[]string{"run", "token-load", "--assignment", "z"}, []string{"zipf"}, noFiles},
		{[]string{"run", "token-load", "--clients-file", ""}, nil, filesToo},
		{[]string{"run", "token-load", "--rate", ""}, nil, noFiles},
		{[]string{"run", "token-load", "--ra"}, []string{"--rate"}, noFiles},
		{[]string{"run", "token-load", "--", "--out", ""}, nil, filesToo},
		{[]string{"scenarios", "show", "token-l"}, []string{"token-load"}, noFiles},
		{[]string{"scenarios", "show", "token-load", ""}, nil, noFiles},
	} {
		values, directive := complete(t, c.args...)
		require.Equal(t, c.directive, directive, c.args)
		if directive != byExtension { // the shell filters by the prefix, and not cobra
			values = slices.DeleteFunc(values, func(v string) bool { return !strings.HasPrefix(v, c.args[len(c.args)-1]) })
		}
		if strings.HasSuffix(c.args[len(c.args)-1], "=") {
			values, _ = complete(t, c.args...)
		}
		require.Equal(t, c.values, values, c.args)
	}
	names, _ := complete(t, "run", "")
	require.Contains(t, names, "token-load")
	require.Len(t, names, len(scenarios(t)))
}

// TestCompletionKnowsAllFlags: a value is completed to files only where it is the name of one.
func TestCompletionKnowsAllFlags(t *testing.T) {
	t.Parallel()
	for _, cmd := range ours(t) {
		path := strings.Fields(cmd.CommandPath())[3:]
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" {
				return
			}
			_, directive := complete(t, append(slices.Clone(path), "--"+f.Name+"=")...)
			if directive == filesToo {
				kind, _ := pflag.UnquoteUsage(f)
				require.Equal(t, "file", kind, "%s --%s", cmd.CommandPath(), f.Name)
			}
		})
	}
}

// TestCompletionOfVariables: the values of a scenario's variable are those that its description lists.
func TestCompletionOfVariables(t *testing.T) {
	t.Parallel()
	common, err := scenario.Common(projectFiles)
	require.NoError(t, err)
	variables := common
	for _, s := range scenarios(t) {
		variables = append(variables, s.Variables...)
	}
	listed := regexp.MustCompile("(?:: |, |or )`([a-zA-Z0-9_-]+)`")
	n := 0
	for _, v := range variables {
		_, list, ok := strings.Cut(v.Meaning, ": `")
		if !ok || !strings.Contains(list, "or `") || strings.Contains(list, ":") {
			continue
		}
		var values []string
		for _, m := range listed.FindAllStringSubmatch(strings.ReplaceAll(": `"+list, " (default)", ""), -1) {
			values = append(values, m[1])
		}
		require.Equal(t, values, flagValues()[flagName(v.Name)], v.Name)
		n++
	}
	require.Greater(t, n, 3)
}

// TestValuesOfFlagsAreAllowed: serve takes each value of its flags, and names all of them if it gets another one.
func TestValuesOfFlagsAreAllowed(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"admin", "api-check", "basic-encoding", "jwt-alg", "token-format"} {
		args := []string{"serve", "--addr", "127.0.0.1:0", "--" + flag + "=other"}
		if flag == "jwt-alg" {
			args = append(args, "--token-format", "jwt")
		}
		_, err := runCommand(t, args...)
		require.Error(t, err)
		for _, value := range flagValues()[flag] {
			require.Contains(t, err.Error(), value, flag)
		}
	}
}

// TestInputsAreTheSame: a folder, its files, and a pattern are the same records to all three commands.
func TestInputsAreTheSame(t *testing.T) {
	t.Parallel()
	base, head := folder(t, 20, 20, 20, 20), folder(t, 20, 20, 20, 20)
	for _, in := range []func(dir string) []string{
		func(dir string) []string { return []string{dir} },
		func(dir string) []string { return []string{filepath.Join(dir, "*.json")} },
		func(dir string) []string {
			files, err := filepath.Glob(filepath.Join(dir, "*.json"))
			require.NoError(t, err)
			return files
		},
		func(dir string) []string {
			return []string{filepath.Join(dir, "[01].json"), filepath.Join(dir, "[23].*")}
		},
	} {
		_, err := runCommand(t, slices.Concat([]string{"compare"}, in(base), []string{"--"}, in(head))...)
		require.NoError(t, err)
		out, err := runCommand(t, append([]string{"verdict"}, in(base)...)...)
		require.NoError(t, err)
		require.Equal(t, 4, strings.Count(out, "Z PASS token-load.js\n"), out)
		page, err := runCommand(t, append([]string{"report", "-o", "-"}, in(base)...)...)
		require.NoError(t, err)
		require.Equal(t, 4, strings.Count(page, ">token-load.js<"), "a row for each run")
	}
	for _, command := range []string{"verdict", "report"} {
		_, err := runCommand(t, command, filepath.Join(base, "none-*.json"))
		require.ErrorContains(t, err, "none-*.json: no file matches this pattern; name run records, or a folder of them")
		require.Equal(t, 104, exitCode(err))
	}
	// A file whose name looks like a pattern is that file.
	odd := filepath.Join(t.TempDir(), "run[1].json")
	text, err := os.ReadFile(filepath.Join(base, "0.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(odd, text, 0o600))
	_, err = runCommand(t, "verdict", odd)
	require.NoError(t, err)
}
