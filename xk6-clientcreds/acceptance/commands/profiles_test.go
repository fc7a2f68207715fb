package commands

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The commands of docs/guides/providers.md that try a script offline: the doctor, and a run.
func TestCommandsOfProviders(t *testing.T) {
	t.Parallel()
	page := k6test.ReadFile(t, k6test.Root+"/docs/guides/providers.md")
	commands := regexp.MustCompile("(?m)^(.*) x clientcreds serve (--profile ([a-z0-9]+) -- .*)$").FindAllStringSubmatch(page, -1)
	shown := make(map[string]int)
	for _, c := range commands {
		profile := c[3]
		if shown[profile]++; profile == "" {
			continue
		}
		line := strings.ReplaceAll(strings.Replace(c[0], "serve ", "serve --addr 127.0.0.1:0 ", 1), "build/k6", k6test.Binary(t))
		expected := "11 out of 11"
		if strings.HasSuffix(line, "doctor") {
			expected = "usable:"
		}
		t.Run(profile+" "+expected, func(t *testing.T) {
			t.Parallel()
			output := new(k6test.Output)
			cmd := exec.CommandContext(t.Context(), "sh", "-c", line) // #nosec G204 -- of the project
			cmd.Dir, cmd.Stdout, cmd.Stderr = k6test.Root, output, output
			p := k6test.StartProcess(t, cmd, append(k6test.BusyMachine, "HOME="+t.TempDir(), "NO_COLOR=1",
				"K6_AUTO_EXTENSION_RESOLUTION=false")...)
			require.Zero(t, p.Wait(t), output)
			require.Contains(t, output.String(), expected)
		})
	}
	for _, name := range authserver.Profiles() {
		require.Equal(t, 2, shown[name], name)
	}
}

// A client sees what the provider answers: a token, a refusal, and the rate limit.
func TestAnswersOfProviders(t *testing.T) {
	t.Parallel()
	type outcome struct {
		OK        bool
		Status    int
		Error     string
		ExpiresIn int
		Scope     *string
	}
	for name, expected := range map[string][3]outcome{ // granted, refused, limited
		"keycloak": {{ExpiresIn: 300}, {Status: 401, Error: "unauthorized_client"}, {Status: 503, Error: "http_error"}},
		"entra":    {{ExpiresIn: 3599}, {Status: 401, Error: "invalid_client"}, {Status: 429, Error: "temporarily_unavailable"}},
		"okta":     {{ExpiresIn: 3600}, {Status: 401, Error: "invalid_client"}, {Status: 429, Error: "http_error"}},
		"auth0":    {{ExpiresIn: 86400}, {Status: 401, Error: "access_denied"}, {Status: 429, Error: "too_many_requests"}},
		"cognito":  {{ExpiresIn: 3600}, {Status: 400, Error: "invalid_client"}, {Status: 429, Error: "http_error"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, func(c *authserver.Config) {
				c.Profile, c.TokenFormat, c.TTL = name, "", 0
				c.Clients = []authserver.Client{{
					ID: servers.LocalID, Secret: secret.New(servers.LocalSecret), Scope: authserver.ProfileScope(name),
				}}
				c.Faults = []byte(`{"token": {"rate_limit": {"per_second": 0.001, "burst": 2}}}`)
			})
			r := k6test.Run{Script: k6test.Fixture("answers.js"), Env: server.Env("AUDIENCE=https://api.example.com/")}.Do(t)
			lines := regexp.MustCompile(`ANSWER (\{.*?\}) END`).FindAllStringSubmatch(strings.ReplaceAll(r.Output, `\"`, `"`), -1)
			require.Len(t, lines, 3, r.Output)
			for i, line := range lines {
				var got outcome
				require.NoError(t, json.Unmarshal([]byte(line[1]), &got), line[1])
				if i == 0 {
					require.True(t, got.OK)
					require.Equal(t, expected[i].ExpiresIn, got.ExpiresIn)
					continue
				}
				require.Equal(t, expected[i].Status, got.Status)
				require.Equal(t, expected[i].Error, got.Error)
			}
		})
	}
}
