package files

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// pod holds the fields of a TestRun for one kind of its pods.
type pod struct {
	Disabled                     bool
	Image                        string
	AutomountServiceAccountToken string
	SecurityContext              core.PodSecurityContext
	ContainerSecurityContext     core.SecurityContext
	Env                          []core.EnvVar
	EnvFrom                      []core.EnvFromSource
	Volumes                      []core.Volume
	Metadata                     map[string]any
	Resources                    core.ResourceRequirements
}

// testRun is the part of a TestRun that the tests look at.
type testRun struct {
	Spec struct {
		Parallelism                  int
		Script                       struct{ LocalFile string }
		Arguments                    string
		Ports                        []core.ContainerPort
		Initializer, Runner, Starter pod
	}
}

func testRunOf(t *testing.T, objects map[string]object) testRun {
	t.Helper()
	var run testRun
	require.NoError(t, yaml.Unmarshal(objects["TestRun/api-load"].content, &run))
	return run
}

// violations are the rules of the standard "restricted" that a pod breaks.
func violations(t *testing.T, spec core.PodSpec) []string {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	var broken []string
	for _, result := range evaluator.EvaluatePod(restricted, &meta.ObjectMeta{}, &spec) {
		if !result.Allowed {
			broken = append(broken, result.ForbiddenReason)
		}
	}
	return broken
}

// spec is the pod that the operator makes, as far as the standard is concerned.
func (p pod) spec() core.PodSpec {
	return core.PodSpec{
		SecurityContext: &p.SecurityContext, Volumes: p.Volumes,
		Containers: []core.Container{{Name: "k6", SecurityContext: &p.ContainerSecurityContext}},
	}
}

// TestPodsAreRestricted holds that every pod runs in a namespace that enforces the standard "restricted", and without the token of
// a service account.
func TestPodsAreRestricted(t *testing.T) {
	require.NotEmpty(t, violations(t, pod{}.spec()), "the standard notices what it is to notice")
	for _, overlay := range []string{"plain", "restricted", "prometheus-operator", "keycloak"} {
		run := testRunOf(t, renderEdited(t, overlay))
		for name, p := range map[string]pod{"runner": run.Spec.Runner, "starter": run.Spec.Starter} {
			require.Empty(t, violations(t, p.spec()), "%s of %s", name, overlay)
			require.Equal(t, "false", p.AutomountServiceAccountToken, "%s of %s", name, overlay)
			require.True(t, *p.ContainerSecurityContext.ReadOnlyRootFilesystem, "%s of %s", name, overlay)
		}
	}
	var job batch.Job
	renderOverlay(t, "job")["Job/api-load"].into(t, &job)
	var records core.Pod
	renderEdited(t, "plain")["Pod/records"].into(t, &records)
	for name, spec := range map[string]core.PodSpec{"job": job.Spec.Template.Spec, "records": records.Spec} {
		require.Empty(t, violations(t, spec), name)
		require.False(t, *spec.AutomountServiceAccountToken, name)
		require.True(t, *spec.Containers[0].SecurityContext.ReadOnlyRootFilesystem, name)
	}
}

// TestSecretIsAReference holds that no file has the secret, and that no archive of k6 gets it: an archive contains the environment
// that it was made in, and the initializer makes one.
func TestSecretIsAReference(t *testing.T) {
	var job batch.Job
	renderOverlay(t, "job")["Job/api-load"].into(t, &job)
	run := testRunOf(t, renderOverlay(t, "plain"))
	require.True(t, run.Spec.Initializer.Disabled)
	for name, env := range map[string][]core.EnvVar{"runner": run.Spec.Runner.Env, "job": job.Spec.Template.Spec.Containers[0].Env} {
		secrets := make(map[string]string)
		for _, v := range env {
			if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
				secrets[v.Name] = v.ValueFrom.SecretKeyRef.Name + "/" + v.ValueFrom.SecretKeyRef.Key
			}
		}
		require.Equal(t, map[string]string{
			"CLIENT_ID": "load-test-client/client-id", "CLIENT_SECRET": "load-test-client/client-secret",
		}, secrets, name)
	}
}

// TestNoCPULimit holds that no limit slows k6 down, which would look like a slow server.
func TestNoCPULimit(t *testing.T) {
	var job batch.Job
	renderOverlay(t, "job")["Job/api-load"].into(t, &job)
	limits := []core.ResourceList{
		testRunOf(t, renderOverlay(t, "plain")).Spec.Runner.Resources.Limits, job.Spec.Template.Spec.Containers[0].Resources.Limits,
	}
	for _, list := range limits {
		require.Contains(t, list, core.ResourceMemory)
		require.NotContains(t, list, core.ResourceCPU)
	}
}

// TestSettingsFitTheScript lets k6 read the script with the settings of each overlay.
func TestSettingsFitTheScript(t *testing.T) {
	k6 := os.Getenv("K6_BIN")
	require.NotEmpty(t, k6, "K6_BIN must name the k6 binary with the extension; `make test-deploy` builds it and sets it")
	maxVUs := map[string]string{"plain": "200", "keycloak": "200", "job": "20"}
	for overlay, count := range maxVUs {
		objects := renderOverlay(t, overlay)
		var settings core.ConfigMap
		objects["ConfigMap/api-load"].into(t, &settings)
		script := "/k6/scripts/api-load.js"
		if overlay != "job" {
			run := testRunOf(t, objects)
			require.Equal(t, "api-load", run.Spec.Runner.EnvFrom[0].ConfigMapRef.Name)
			require.LessOrEqual(t, run.Spec.Parallelism, 200, "each pod needs a virtual user")
			script = run.Spec.Script.LocalFile
		} else {
			require.Contains(t, string(objects["Job/api-load"].content), "- "+script+"\n")
		}
		args := []string{"inspect", "--execution-requirements", "-e", "CLIENT_ID=none", "-e", "CLIENT_SECRET=none"}
		for name, value := range settings.Data {
			args = append(args, "-e", name+"="+value)
		}
		cmd := exec.CommandContext(t.Context(), k6, append(args, filepath.Join(projectRoot, strings.TrimPrefix(script, "/k6/")))...)
		cmd.Env = []string{"HOME=" + t.TempDir(), "K6_AUTO_EXTENSION_RESOLUTION=false", "NO_COLOR=1"}
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		require.NoError(t, cmd.Run(), "%s: %s%s", overlay, stdout.String(), stderr.String())
		require.Contains(t, stdout.String(), `"maxVUs": `+count, overlay)
	}
}
