package files

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// testRun is the part of a TestRun that the tests look at.
type testRun struct {
	Spec struct {
		Script struct {
			LocalFile string `yaml:"localFile"`
		}
		Arguments           string
		Initializer, Runner struct {
			Image string
			Env   []struct {
				Name, Value string
				ValueFrom   struct {
					SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
				} `yaml:"valueFrom"`
			}
		}
	}
}

const testRunFile = "deploy/k6-operator/testrun.yaml"

func readTestRun(t *testing.T) (typed testRun, untyped any) {
	t.Helper()
	content := []byte(read(t, testRunFile))
	require.NoError(t, yaml.Unmarshal(content, &typed))
	require.NoError(t, yaml.Unmarshal(content, &untyped))
	return typed, untyped
}

// schemaOf compiles the schema of the CustomResourceDefinition that the k6-operator installs. Like
// `kubectl apply --validate=strict` it takes no field that it does not know.
func schemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	content, err := os.ReadFile("testdata/k6.io_testruns.yaml")
	require.NoError(t, err)
	var crd struct {
		Spec struct {
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema map[string]any `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(content, &crd))
	require.Len(t, crd.Spec.Versions, 1)
	require.Equal(t, "v1alpha1", crd.Spec.Versions[0].Name)
	schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	properties := schema["properties"].(map[string]any)
	// The definition leaves the metadata to Kubernetes.
	properties["metadata"] = map[string]any{"type": "object", "required": []any{"name"}}
	closed(schema)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("testrun.json", any(schema)))
	compiled, err := compiler.Compile("testrun.json")
	require.NoError(t, err)
	return compiled
}

// closed makes objects whose fields are listed have no others.
func closed(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, ok := n["properties"].(map[string]any); ok && n["additionalProperties"] == nil {
			n["additionalProperties"] = false
		}
		for _, child := range n {
			closed(child)
		}
	case []any:
		for _, child := range n {
			closed(child)
		}
	}
}

func TestTestRunIsValid(t *testing.T) {
	schema := schemaOf(t)
	_, run := readTestRun(t)
	require.NoError(t, schema.Validate(run))

	// The schema notices what it is to notice.
	spec := run.(map[string]any)["spec"].(map[string]any)
	spec["parallelism"] = "four"
	require.ErrorContains(t, schema.Validate(run), "/spec/parallelism")
	spec["parallelism"] = 4
	spec["runner"].(map[string]any)["environments"] = []any{}
	require.ErrorContains(t, schema.Validate(run), "environments")
}

// TestTestRunKeepsTheSecret makes the archive that the operator's initializer makes, with the
// environment that it has there, and looks for what k6 gets in the runners.
func TestTestRunKeepsTheSecret(t *testing.T) {
	k6 := os.Getenv("K6_BIN")
	require.NotEmpty(t, k6, "K6_BIN must name the k6 binary with the extension; `make test-deploy` builds it and sets it")
	run, _ := readTestRun(t)
	secrets := make(map[string]string)
	for _, v := range run.Spec.Runner.Env {
		if v.ValueFrom.SecretKeyRef.Name != "" {
			secrets[v.Name] = v.ValueFrom.SecretKeyRef.Key
		}
	}
	require.Equal(t, map[string]string{"CLIENT_ID": "client-id", "CLIENT_SECRET": "client-secret"}, secrets)

	dir := t.TempDir()
	env := []string{"HOME=" + dir, "K6_AUTO_EXTENSION_RESOLUTION=false", "NO_COLOR=1"}
	for _, v := range run.Spec.Initializer.Env {
		require.Empty(t, v.ValueFrom, "%s: the initializer has no secret", v.Name)
		env = append(env, v.Name+"="+v.Value)
	}
	script := filepath.Join(projectRoot, strings.TrimPrefix(run.Spec.Script.LocalFile, "/k6/"))
	archive := filepath.Join(dir, "archive.tar")
	k6run(t, k6, env, "archive", script, "-O", archive)
	requirements := k6run(t, k6, env, "inspect", "--execution-requirements", archive)
	require.Contains(t, requirements, `"maxVUs": 200`)

	metadata := metadataOf(t, archive)
	require.Contains(t, metadata, `"CLIENT_SECRET": "none"`, "what the initializer has is in the archive")
}

// TestTestRunSplitsOneLoad holds that initializer and runners have the same load in mind.
func TestTestRunSplitsOneLoad(t *testing.T) {
	run, _ := readTestRun(t)
	require.Equal(t, run.Spec.Initializer.Image, run.Spec.Runner.Image)
	runner := make(map[string]string)
	for _, v := range run.Spec.Runner.Env {
		runner[v.Name] = v.Value
	}
	for _, v := range run.Spec.Initializer.Env {
		if v.Name == "VUS" || v.Name == "DURATION" {
			require.Equal(t, v.Value, runner[v.Name], v.Name)
			delete(runner, v.Name)
		}
	}
	require.NotContains(t, runner, "VUS")
	require.NotContains(t, runner, "DURATION")
}

func k6run(t *testing.T, k6 string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), k6, args...)
	cmd.Env = env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s%s", stdout.String(), stderr.String())
	return stdout.String()
}

// metadataOf returns what an archive says of the run.
func metadataOf(t *testing.T, archive string) string {
	t.Helper()
	content, err := os.ReadFile(archive)
	require.NoError(t, err)
	for r := tar.NewReader(bytes.NewReader(content)); ; {
		header, err := r.Next()
		require.NotErrorIs(t, err, io.EOF, "no metadata.json")
		require.NoError(t, err)
		if header.Name == "metadata.json" {
			text, err := io.ReadAll(r)
			require.NoError(t, err)
			return string(text)
		}
	}
}
