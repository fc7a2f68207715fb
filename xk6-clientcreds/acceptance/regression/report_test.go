package regression

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// chromiumBinary is the browser that pages are opened in.
func chromiumBinary(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("CHROMIUM"); named != "" {
		return named
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.Fail(t, "there is no Chromium: apt-get install chromium, or let CHROMIUM name the binary")
	return ""
}

// reportOf makes a page of records.
func reportOf(t *testing.T, args ...string) string {
	t.Helper()
	page := filepath.Join(t.TempDir(), "report.html")
	cmd := exec.CommandContext(t.Context(), k6test.Binary(t), append([]string{"x", "clientcreds", "report", "-o", page}, args...)...) // #nosec G204 -- the binary under test
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "K6_AUTO_EXTENSION_RESOLUTION=false"}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), page)
	return page
}

// TestReportInABrowser: pages of real runs, one of which has failures, in headless Chromium: what is drawn, what is
// asked of the network (nothing), keyboard, themes, paper, and axe-core's rules of WCAG 2 A and AA.
func TestReportInABrowser(t *testing.T) {
	t.Parallel()
	browser := chromiumBinary(t)
	folder := t.TempDir()
	var processes []*k6test.K6
	var files []string
	for name, prepare := range map[string]func(*authserver.Config){
		"good": nil,
		"bad":  func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{servers.RejectsEveryFourth()} },
	} {
		server := servers.StartLocal(t, func(c *authserver.Config) {
			if prepare != nil {
				prepare(c)
			}
		})
		file := filepath.Join(folder, name+".json")
		files = append(files, file)
		processes = append(processes, k6test.Run{
			Script: "scripts/api-load.js", Env: server.Env("VUS=2", "DURATION=4s", "PAUSE=0.05"),
			Args: []string{"-o", "clientcreds-record=" + file},
		}.Start(t))
	}
	for i, p := range processes {
		r := p.Result(t)
		require.FileExists(t, files[i], r.Output)
	}
	good, bad, long := filepath.Join(folder, "good.json"), filepath.Join(folder, "bad.json"), filepath.Join(folder,
		"long.json")
	writeLongNames(t, good, long)

	ctx, cancel := context.WithTimeout(t.Context(), k6test.LongestRun)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "testdata/report.mjs", reportOf(t, good), reportOf(t, "--base", good, bad)) // #nosec G204 -- files of this test
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "CHROMIUM=" + browser, "LONG_NAMES=" + reportOf(t, long),
		"NODE_MODULES=" + filepath.Join(k6test.Root, "tools", "npm", "node_modules"),
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "2 pages: no findings")
}

// writeLongNames writes a record again, with a second scenario, and names that are wider than a page.
func writeLongNames(t *testing.T, from, to string) {
	t.Helper()
	record := k6test.ReadFile(t, from)
	name := func(n int) string { return fmt.Sprintf("%d%s", n, strings.Repeat("-scenario_with_a_long_name", 8)) }
	parts := regexp.MustCompile(`"by":\{"scenario":\{"api":(\{"samples":\d+,"sum":[^{}]*"sketch":\{[^{}]*\}\})`)
	require.Regexp(t, parts, record)
	record = parts.ReplaceAllString(record, `"by":{"scenario":{"`+name(1)+`":$1,"`+name(2)+`":$1`)
	record = strings.ReplaceAll(record, `"api-load.js"`, `"`+name(3)+`.js"`)
	record = strings.ReplaceAll(record, `"name":"api"`, `"name":"`+name(1)+`"`)
	require.NoError(t, os.WriteFile(to, []byte(record), 0o600))
}
