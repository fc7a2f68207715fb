package files

import (
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

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
					OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
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

// The schema notices what it is to notice.
func TestSchemaNoticesMistakes(t *testing.T) {
	schema := schemaOf(t)
	var run any
	require.NoError(t, yaml.Unmarshal(renderOverlay(t, "plain")["TestRun/api-load"].content, &run))
	require.NoError(t, schema.Validate(run))
	spec := run.(map[string]any)["spec"].(map[string]any)
	spec["parallelism"] = "four"
	require.ErrorContains(t, schema.Validate(run), "/spec/parallelism")
	spec["parallelism"] = 4
	spec["runner"].(map[string]any)["environments"] = []any{}
	require.ErrorContains(t, schema.Validate(run), "environments")
}
