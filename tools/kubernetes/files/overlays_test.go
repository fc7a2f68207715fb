package files

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestOverlaysAreValid holds what each overlay consists of, and that each object has its type's fields and no others.
func TestOverlaysAreValid(t *testing.T) {
	run := []string{"ConfigMap/api-load", "TestRun/api-load"}
	consists := map[string][]string{
		"plain":               run,
		"restricted":          append([]string{"Namespace/load-test"}, run...),
		"prometheus-operator": append([]string{"PodMonitor/k6"}, run...),
		"keycloak":            append([]string{"ConfigMap/keycloak-realm", "Deployment/keycloak", "Service/keycloak"}, run...),
		"job":                 {"ConfigMap/api-load", "Job/api-load"},
	}
	for _, overlay := range overlays {
		objects := renderOverlay(t, overlay)
		require.ElementsMatch(t, consists[overlay], slices.Collect(maps.Keys(objects)), overlay)
		for _, o := range objects {
			isValid(t, o)
		}
		for _, o := range renderEdited(t, overlay) {
			isValid(t, o)
		}
	}
}

func isValid(t *testing.T, o object) {
	t.Helper()
	if o.Kind == "TestRun" {
		var untyped any
		require.NoError(t, yaml.Unmarshal(o.content, &untyped))
		require.NoError(t, schemaOf(t).Validate(untyped))
		return
	}
	typed := map[string]any{
		"v1/ConfigMap": &core.ConfigMap{}, "v1/Namespace": &core.Namespace{}, "v1/Service": &core.Service{}, "v1/Pod": &core.Pod{},
		"v1/PersistentVolumeClaim": &core.PersistentVolumeClaim{},
		"apps/v1/Deployment":       &apps.Deployment{}, "batch/v1/Job": &batch.Job{},
		"monitoring.coreos.com/v1/PodMonitor": &monitoring.PodMonitor{},
	}[o.APIVersion+"/"+o.Kind]
	require.NotNil(t, typed, "%s/%s", o.APIVersion, o.Kind)
	o.into(t, typed)
}

// TestNamespace holds that the restricted overlay puts everything into its namespace, and that the others leave the choice.
func TestNamespace(t *testing.T) {
	for _, overlay := range overlays {
		for name, o := range renderOverlay(t, overlay) {
			want := ""
			if overlay == "restricted" && o.Kind != "Namespace" {
				want = "load-test"
			}
			require.Equal(t, want, o.Metadata.Namespace, "%s of %s", name, overlay)
		}
	}
	var namespace core.Namespace
	renderOverlay(t, "restricted")["Namespace/load-test"].into(t, &namespace)
	require.Equal(t, "restricted", namespace.Labels["pod-security.kubernetes.io/enforce"])
}

// TestImagesAreSetInOnePlace holds that kustomization.yaml names the image for every pod that k6 runs in.
func TestImagesAreSetInOnePlace(t *testing.T) {
	image := regexp.MustCompile(`\bimage: (\S+)`)
	for _, overlay := range []string{"plain", "job"} {
		for name, o := range renderEdited(t, overlay) {
			for _, found := range image.FindAllSubmatch(o.content, -1) {
				require.Equal(t, "registry.internal/k6:7", string(found[1]), "%s of %s", name, overlay)
			}
		}
	}
}

// TestScrapedOnce holds that Prometheus finds the runners by a named port. Annotations would be on their Services as well.
func TestScrapedOnce(t *testing.T) {
	objects := renderOverlay(t, "prometheus-operator")
	run := testRunOf(t, objects)
	require.Equal(t, []core.ContainerPort{{Name: "metrics", ContainerPort: 9464}}, run.Spec.Ports)
	require.Contains(t, run.Spec.Arguments, "--out prometheus=:9464")
	require.Empty(t, run.Spec.Runner.Metadata)

	var monitor monitoring.PodMonitor
	objects["PodMonitor/k6"].into(t, &monitor)
	require.Equal(t, map[string]string{"app": "k6", "runner": "true"}, monitor.Spec.Selector.MatchLabels)
	require.Len(t, monitor.Spec.PodMetricsEndpoints, 1)
	require.Equal(t, "metrics", *monitor.Spec.PodMetricsEndpoints[0].Port)
	require.True(t, *monitor.Spec.ScrapeNativeHistograms)

	job := read(t, "deploy/kubernetes/prometheus.yml")
	require.Contains(t, job, "[__meta_kubernetes_pod_label_app, __meta_kubernetes_pod_label_runner], action: keep, regex: k6;true")
	require.Contains(t, job, "[__meta_kubernetes_pod_container_port_name], action: keep, regex: metrics")
	require.Contains(t, job, "scrape_native_histograms: true")
}

// TestRecords holds that the component puts the records of all pods into one volume, under different names.
func TestRecords(t *testing.T) {
	for _, overlay := range []string{"plain", "restricted", "keycloak"} {
		run := testRunOf(t, renderEdited(t, overlay))
		require.Equal(t, 8, run.Spec.Parallelism, "the patch in plain/kustomization.yaml")
		require.Equal(t, "records", run.Spec.Runner.Volumes[1].PersistentVolumeClaim.ClaimName, overlay)
		require.Contains(t, run.Spec.Arguments, "--out clientcreds-record")
		require.Contains(t, run.Spec.Runner.Env, core.EnvVar{Name: "K6_CLIENTCREDS_RECORD_FILE", Value: "/records/$(POD_NAME).json"})
	}
	var job batch.Job
	renderEdited(t, "job")["Job/api-load"].into(t, &job)
	require.Equal(t, "records", job.Spec.Template.Spec.Volumes[1].PersistentVolumeClaim.ClaimName)
	var pod core.Pod
	renderEdited(t, "plain")["Pod/records"].into(t, &pod)
	require.Equal(t, "/records", pod.Spec.Containers[0].VolumeMounts[0].MountPath)
}

// TestKeycloakIsTheOneOfCompose holds that both deployments have the same version, and the realm of deploy/keycloak.
func TestKeycloakIsTheOneOfCompose(t *testing.T) {
	objects := renderOverlay(t, "keycloak")
	var deployment apps.Deployment
	objects["Deployment/keycloak"].into(t, &deployment)
	image := deployment.Spec.Template.Spec.Containers[0].Image
	require.Contains(t, read(t, "docker-compose.yml"), "${KEYCLOAK_IMAGE:-"+image+"}")
	var realm core.ConfigMap
	objects["ConfigMap/keycloak-realm"].into(t, &realm)
	require.Equal(t, strings.TrimSpace(read(t, "deploy/keycloak/realm.json")), strings.TrimSpace(realm.Data["realm.json"]))
}
