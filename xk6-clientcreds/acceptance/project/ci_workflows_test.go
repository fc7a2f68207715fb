package project

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// The workflows to copy.
const (
	githubWorkflow = "deploy/ci/github-actions.yml"
	gitlabWorkflow = "deploy/ci/gitlab-ci.yml"
	gateRules      = "deploy/ci/token-gate.yml"
)

// workflow holds the parts of a workflow for GitHub Actions that the tests check; actionlint looks at the rest.
type workflow struct {
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Steps       []workflowStep
	}
}

type workflowStep struct {
	Name, Run, Uses string
	Env, With       map[string]string
}

// step returns a job's step by its name.
func (w workflow) step(t *testing.T, job, name string) workflowStep {
	t.Helper()
	steps := w.Jobs[job].Steps
	i := slices.IndexFunc(steps, func(s workflowStep) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, "no step %q", name)
	return steps[i]
}

// pipeline holds the parts of a pipeline for GitLab that the tests check; its schema looks at the rest.
type pipeline struct {
	Job struct {
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		Variables    map[string]string
		Artifacts    struct {
			Paths   []string
			Reports struct{ JUnit string }
		}
	} `yaml:"token-gate"`
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(k6test.ReadFile(t, filepath.Join(k6test.Root, path))), into))
}

// The documentation has the files as they are, to copy from.
func TestWorkflowsAreDocumented(t *testing.T) {
	t.Parallel()
	document := k6test.ReadFile(t, filepath.Join(k6test.Root, "docs/guides/ci.md"))
	for _, path := range []string{githubWorkflow, gitlabWorkflow, gateRules} {
		require.Contains(t, document, "```yaml\n"+k6test.ReadFile(t, filepath.Join(k6test.Root, path))+"```\n", path)
	}
}

var (
	pinnedAction  = regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)
	actionVersion = regexp.MustCompile(`uses: (\S+)( # v\d+\.\d+\.\d+)?\n`)
)

// A workflow may do no more than it must, and runs only what it names exactly.
func TestGitHubWorkflowIsMinimal(t *testing.T) {
	t.Parallel()
	var w workflow
	readYAML(t, githubWorkflow, &w)
	require.NotNil(t, w.Permissions)
	require.Empty(t, w.Permissions)
	require.Equal(t, map[string]string{"contents": "read", "packages": "read"}, w.Jobs["gate"].Permissions)
	require.Equal(t, map[string]string{"pull-requests": "write"}, w.Jobs["comment"].Permissions)
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			require.NotContains(t, step.Run, "${{", "what GitHub puts into a script is code there")
			if step.Uses != "" {
				require.Regexp(t, pinnedAction, step.Uses)
			}
			if strings.HasPrefix(step.Uses, "actions/checkout@") {
				require.Equal(t, "false", step.With["persist-credentials"])
			}
		}
	}
	uses := actionVersion.FindAllStringSubmatch(k6test.ReadFile(t, filepath.Join(k6test.Root, githubWorkflow)), -1)
	require.NotEmpty(t, uses)
	for _, use := range uses {
		require.NotEmpty(t, use[2], "%s: which version is that?", use[1])
	}
}

// TestGitLabPipelineIsValid holds the pipeline to the JSON schema of GitLab's own editor, without its
// descriptions, and without its patterns, some of which are not Go expressions.
func TestGitLabPipelineIsValid(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile("testdata/gitlab-ci.schema.json")
	require.NoError(t, err)
	var document map[string]any
	readYAML(t, gitlabWorkflow, &document)
	require.NoError(t, schema.Validate(document))

	// The schema notices what it is to notice.
	document["token-gate"].(map[string]any)["artifacts"].(map[string]any)["reports"].(map[string]any)["junit"] = 1
	require.ErrorContains(t, schema.Validate(document), "/token-gate/artifacts/reports/junit")
}

// The versions in the workflows are those that this project is built with.
func TestWorkflowsBuildThisVersion(t *testing.T) {
	t.Parallel()
	var w workflow
	readYAML(t, githubWorkflow, &w)
	var p pipeline
	readYAML(t, gitlabWorkflow, &p)
	for name, c := range map[string]struct{ file, pattern string }{
		"K6_VERSION":      {"Makefile", `(?m)^K6_VERSION := (\S+)$`},
		"XK6_VERSION":     {"tools/go.mod", `go\.k6\.io/xk6 (\S+)`},
		"HARNESS_VERSION": {"CHANGELOG.md", `(?m)^## \[([0-9]\S+)\]`},
	} {
		found := regexp.MustCompile(c.pattern).FindStringSubmatch(k6test.ReadFile(t, filepath.Join(k6test.Root, c.file)))
		require.NotNil(t, found, c.file)
		version := "v" + strings.TrimPrefix(found[1], "v")
		require.Equal(t, version, w.Env[name], githubWorkflow)
		require.Equal(t, version, p.Job.Variables[name], gitlabWorkflow)
	}
	build := w.step(t, "gate", "Build k6").Run
	require.Contains(t, p.Job.BeforeScript, "test -x bin/k6 || "+build)
}

// checkout is a folder as a workflow has it when its gate begins: the harness, the binary that was
// built of it, and the rules.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(k6test.Root)
	require.NoError(t, err)
	bin, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	for _, folder := range []string{"bin", "ci"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, folder), 0o700))
	}
	require.NoError(t, os.Symlink(root, filepath.Join(dir, "harness")))
	require.NoError(t, os.Symlink(bin, filepath.Join(dir, "bin/k6")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ci/token-gate.yml"),
		[]byte(k6test.ReadFile(t, filepath.Join(k6test.Root, gateRules))), 0o600))
	return dir
}

// shellStep runs a step of a workflow, as its runner does.
func shellStep(t *testing.T, dir, script string, env map[string]string) (exitCode int, text string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script) // #nosec G204 -- from the workflow
	cmd.Dir = dir
	out := new(k6test.Output)
	cmd.Stdout, cmd.Stderr = out, out
	list := []string{"HOME=" + t.TempDir()}
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	p := k6test.StartProcess(t, cmd, list...)
	return p.Wait(t), out.String()
}

// gateEnvironment is the environment of a gate, with servers of this test in place of the servers of the
// workflow, and less load. Values of the runner are filled in.
func gateEnvironment(t *testing.T, env map[string]string, base, head *servers.Local) map[string]string {
	t.Helper()
	for _, name := range []string{"BASE_TOKEN_URL", "HEAD_TOKEN_URL", "CLIENT_ID", "RULES"} {
		require.Contains(t, env, name)
	}
	return k6test.With(k6test.With(env, k6test.BusyMachine...), "BASE_TOKEN_URL="+base.Endpoints().Token,
		"HEAD_TOKEN_URL="+head.Endpoints().Token,
		"CLIENT_ID="+servers.LocalID, "CLIENT_SECRET="+servers.LocalSecret, "DURATION=90s", "RATE=20", "WARM_UP=1s",
		"BASE_K6_CLIENTCREDS_RECORD_COMMIT=1f0c2ab", "HEAD_K6_CLIENTCREDS_RECORD_COMMIT=9e4d310")
}

// slowServer takes so long for a token.
func slowServer(t *testing.T, latency string) *servers.Local {
	t.Helper()
	return servers.StartLocal(t, servers.WithFaults(`{"token": {"latency": "`+latency+`"}}`))
}

// The steps of the workflow for GitHub, from the gate on, of a pull request that makes tokens slower.
func TestGitHubWorkflowRuns(t *testing.T) {
	t.Parallel()
	var w workflow
	readYAML(t, githubWorkflow, &w)
	dir := checkout(t)
	gate := w.step(t, "gate", "Load base and head at once, and compare")
	env := maps.Clone(w.Env)
	maps.Copy(env, gate.Env)
	code, text := shellStep(t, dir, gate.Run, gateEnvironment(t, env, slowServer(t, "100ms"), slowServer(t, "150ms")))
	require.Equal(t, k6test.ExitThresholds, code, text)

	summary := filepath.Join(dir, "summary.md")
	code, text = shellStep(t, dir, w.step(t, "gate", "Summary").Run, map[string]string{"GITHUB_STEP_SUMMARY": summary})
	require.Zero(t, code, text)
	require.Contains(t, k6test.ReadFile(t, summary), "FAIL")
	require.Contains(t, k6test.ReadFile(t, summary), "1f0c2ab")

	// gh writes down what it is asked for.
	stub := filepath.Join(dir, "gh")
	require.NoError(t, os.WriteFile(stub, []byte("#!/bin/sh\nfor a; do echo \"$a\"; done >asked\nfor file; do :; done; cp \"$file\" commented\n"), 0o700)) // #nosec G306 -- a program
	code, text = shellStep(t, dir, `PATH=.:$PATH; `+w.step(t, "comment", "Comment").Run,
		map[string]string{"PULL_REQUEST": "7"})
	require.Zero(t, code, text)
	require.True(t, strings.HasPrefix(k6test.ReadFile(t, filepath.Join(dir, "asked")), "pr\ncomment\n7\n"))
	require.Equal(t, k6test.ReadFile(t, summary), k6test.ReadFile(t, filepath.Join(dir, "commented")))
	nothingSecretIn(t, filepath.Join(dir, "build/regression"))
}

// The script of the pipeline for GitLab, of a merge request that changes nothing.
func TestGitLabPipelineRuns(t *testing.T) {
	t.Parallel()
	var p pipeline
	readYAML(t, gitlabWorkflow, &p)
	dir := checkout(t)
	env := gateEnvironment(t, p.Job.Variables, slowServer(t, "100ms"), slowServer(t, "100ms"))
	code, text := shellStep(t, dir, strings.Join(p.Job.Script, "\n"), env)
	require.Zero(t, code, text)
	require.Contains(t, k6test.ReadFile(t, filepath.Join(dir, p.Job.Artifacts.Reports.JUnit)), "<testsuite")
	for _, path := range p.Job.Artifacts.Paths {
		nothingSecretIn(t, filepath.Join(dir, path))
	}
}

// nothingSecretIn fails the test where a file that is kept has the client's secret, or if there is none.
func nothingSecretIn(t *testing.T, folder string) {
	t.Helper()
	files := 0
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		require.NotContains(t, k6test.ReadFile(t, path), servers.LocalSecret, path)
		return nil
	}))
	require.GreaterOrEqual(t, files, 6, "the record and the log of the run, and what came of them")
}
