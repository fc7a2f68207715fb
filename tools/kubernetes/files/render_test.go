package files

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const (
	projectRoot = "../../.."
	kustomized  = projectRoot + "/deploy/kubernetes"
)

// overlays are the folders of deploy/kubernetes that `kubectl apply -k` takes.
var overlays = []string{"plain", "restricted", "prometheus-operator", "keycloak", "job"}

// object is an object of Kubernetes.
type object struct {
	Kind       string
	APIVersion string `json:"apiVersion"`
	Metadata   struct {
		Name, Namespace string
		Annotations     map[string]string
	}
	content []byte
}

// render makes of an overlay what `kubectl kustomize` makes of it.
func render(t *testing.T, folder string) map[string]object {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	require.NoError(t, err)
	objects := make(map[string]object)
	for _, resource := range resources.Resources() {
		content, err := resource.AsYAML()
		require.NoError(t, err)
		o := object{content: content}
		require.NoError(t, yaml.Unmarshal(content, &o))
		name := o.Kind + "/" + o.Metadata.Name
		require.NotContains(t, objects, name)
		objects[name] = o
	}
	return objects
}

func renderOverlay(t *testing.T, overlay string) map[string]object {
	t.Helper()
	return render(t, filepath.Join(kustomized, overlay))
}

// renderEdited renders an overlay of a copy of the folders whose kustomization.yaml was edited: with the records, another image,
// and the patches that are comments.
func renderEdited(t *testing.T, overlay string) map[string]object {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(projectRoot, "deploy"))))
	for _, edited := range []string{"plain", "job"} {
		file := filepath.Join(dir, "kubernetes", edited, "kustomization.yaml")
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		text := strings.Replace(string(content), "# components: [../records]", "components: [../records]", 1)
		if before, patches, found := strings.Cut(text, "# patches:"); found {
			text = before + "patches:" + strings.ReplaceAll(patches, "\n# ", "\n")
		}
		text = regexp.MustCompile(`newName: .*\n    newTag: .*`).ReplaceAllString(text, "newName: registry.internal/k6\n    newTag: \"7\"")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return render(t, filepath.Join(dir, "kubernetes", overlay))
}

// into decodes an object, and takes no field that its type does not have.
func (o object) into(t *testing.T, typed any) {
	t.Helper()
	content, err := yaml.YAMLToJSON(o.content)
	require.NoError(t, err)
	mistakes, err := json.UnmarshalStrict(content, typed) // as the API server does, which minds the case of letters
	require.NoError(t, err, "%s", o.content)
	require.Empty(t, mistakes, "%s", o.content)
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(projectRoot, path))
	require.NoError(t, err)
	return string(content)
}
