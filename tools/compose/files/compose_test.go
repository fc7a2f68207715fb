package files

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const projectRoot = "../../.."

// load reads docker-compose.yml as Docker Compose does, in this environment.
func load(t *testing.T, env ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(projectRoot, "docker-compose.yml")},
		cli.WithEnv(env), cli.WithProfiles([]string{"*"}))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(projectRoot, path))
	require.NoError(t, err)
	return string(content)
}

func TestProfiles(t *testing.T) {
	var always, keycloak []string
	for name, service := range load(t).AllServices() {
		if len(service.Profiles) == 0 {
			always = append(always, name)
			continue
		}
		require.Equal(t, []string{"keycloak"}, service.Profiles, name)
		keycloak = append(keycloak, name)
	}
	require.ElementsMatch(t, []string{"authserver", "k6", "prometheus", "grafana"}, always)
	require.ElementsMatch(t, []string{"keycloak", "k6-keycloak"}, keycloak)
}

var exactVersion = regexp.MustCompile(`:v?\d+\.\d+\.\d+$`)

// TestImages holds that images of others have one version, and that ours is built here: a name
// without a registry would be somebody else's on Docker Hub.
func TestImages(t *testing.T) {
	for name, service := range load(t).AllServices() {
		if service.Build == nil {
			require.Regexp(t, exactVersion, service.Image, name)
			continue
		}
		require.Equal(t, "build", service.PullPolicy, name)
		require.FileExists(t, filepath.Join(service.Build.Context, service.Build.Dockerfile), name)
	}
	require.Equal(t, "registry.example.com/k6:1", load(t, "K6_IMAGE=registry.example.com/k6:1").Services["k6"].Image)
}

// TestPrivileges holds what a service may do: nothing that it does not need.
func TestPrivileges(t *testing.T) {
	for name, service := range load(t).AllServices() {
		require.Equal(t, []string{"ALL"}, service.CapDrop, name)
		require.Empty(t, service.CapAdd, name)
		require.Equal(t, []string{"no-new-privileges:true"}, service.SecurityOpt, name)
		require.False(t, service.Privileged, name)
		if name == "keycloak" {
			continue // runs as the image's user, 1000, and writes into the image
		}
		require.True(t, service.ReadOnly, name)
		require.Regexp(t, `^[1-9][0-9]*:`, service.User, name)
	}
}

// TestReachable holds that a service is reached from this machine only.
func TestReachable(t *testing.T) {
	for name, service := range load(t).AllServices() {
		require.Empty(t, service.NetworkMode, name)
		for _, port := range service.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, name)
		}
	}
}

// TestHealth holds that what is served says when it is ready, that jobs wait for it, and that jobs
// are not started again.
func TestHealth(t *testing.T) {
	services := load(t).AllServices()
	for name, service := range services {
		for dependency, how := range service.DependsOn {
			require.Equal(t, types.ServiceConditionHealthy, how.Condition, "%s of %s", dependency, name)
		}
		if strings.HasPrefix(name, "k6") {
			require.Equal(t, "no", service.Restart, name)
			require.Contains(t, service.DependsOn, "prometheus", name)
			continue
		}
		require.NotNil(t, service.HealthCheck, name)
		require.Equal(t, "CMD", service.HealthCheck.Test[0], "%s: most images have no shell", name)
	}
	require.Contains(t, services["k6"].DependsOn, "authserver")
	require.Contains(t, services["k6-keycloak"].DependsOn, "keycloak")
}

// TestMounts holds that what is mounted from the project is there, and that nobody writes to it.
func TestMounts(t *testing.T) {
	mounted := make(map[string]string)
	for name, service := range load(t).AllServices() {
		for _, v := range service.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			require.True(t, v.ReadOnly, "%s: %s", name, v.Source)
			path, err := filepath.Rel(mustAbs(t, projectRoot), v.Source)
			require.NoError(t, err)
			_, err = os.Stat(v.Source)
			require.NoError(t, err, name)
			mounted[v.Target] = path
		}
	}
	require.Equal(t, map[string]string{
		"/etc/prometheus/prometheus.yml":       "deploy/prometheus/prometheus.yml",
		"/etc/prometheus/rules.yml":            "dashboards/prometheus/rules.yml",
		"/etc/grafana/provisioning":            "dashboards/provisioning",
		"/var/lib/grafana/dashboards":          "dashboards/grafana",
		"/opt/keycloak/data/import/realm.json": "deploy/keycloak/realm.json",
	}, mounted)
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	require.NoError(t, err)
	return abs
}

// TestCredentials holds that both sides have the same ones, from the environment where it has them.
func TestCredentials(t *testing.T) {
	services := load(t, "CLIENT_ID=me", "CLIENT_SECRET=mine").AllServices()
	for _, name := range []string{"authserver", "k6", "keycloak", "k6-keycloak"} {
		require.Equal(t, "me", *services[name].Environment["CLIENT_ID"], name)
		require.Equal(t, "mine", *services[name].Environment["CLIENT_SECRET"], name)
	}
}

// TestGrafanaReadsWhereItIsProvisioned holds the paths and names that several files share.
func TestGrafanaReadsWhereItIsProvisioned(t *testing.T) {
	grafana := load(t).Services["grafana"]
	home := *grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	require.FileExists(t, filepath.Join(projectRoot, "dashboards/grafana", filepath.Base(home)))
	require.Contains(t, read(t, "dashboards/provisioning/dashboards/clientcreds.yml"), "path: "+filepath.Dir(home)+"\n")
	require.Contains(t, read(t, "dashboards/provisioning/datasources/prometheus.yml"), "url: http://prometheus:9090\n")
}

// TestPrometheusConfigurations holds that the stack's differs from the one for this machine in its
// targets only, and that these are the jobs.
func TestPrometheusConfigurations(t *testing.T) {
	targets := func(path string) (config map[string]any, targets []any) {
		require.NoError(t, yaml.Unmarshal([]byte(read(t, path)), &config))
		job := config["scrape_configs"].([]any)[0].(map[string]any)
		targets = job["static_configs"].([]any)[0].(map[string]any)["targets"].([]any)
		delete(job, "static_configs")
		return config, targets
	}
	local, _ := targets("dashboards/prometheus/prometheus.yml")
	stack, jobs := targets("deploy/prometheus/prometheus.yml")
	require.Equal(t, local, stack)
	require.ElementsMatch(t, []any{"k6:9464", "k6-keycloak:9464"}, jobs)
	for _, job := range jobs {
		name, _, _ := strings.Cut(job.(string), ":")
		require.Contains(t, load(t).AllServices()[name].Command, "prometheus=:9464")
	}
}

// TestKeycloakRealm holds that the realm has the clients that its job uses, with the secret of the
// environment.
func TestKeycloakRealm(t *testing.T) {
	var realm struct {
		Realm   string
		Enabled bool
		Clients []struct {
			ClientID                string `json:"clientId"`
			ClientAuthenticatorType string
			Secret                  string
			Enabled                 bool
			PublicClient            bool
			ServiceAccountsEnabled  bool
			StandardFlowEnabled     bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, "deploy/keycloak/realm.json")), &realm))
	require.True(t, realm.Enabled)
	require.Len(t, realm.Clients, 2)
	for i, id := range []string{"${CLIENT_ID}", "${CLIENT_ID}-short"} {
		c := realm.Clients[i]
		require.Equal(t, id, c.ClientID)
		require.Equal(t, "${CLIENT_SECRET}", c.Secret)
		require.Equal(t, "client-secret", c.ClientAuthenticatorType)
		require.True(t, c.Enabled && c.ServiceAccountsEnabled, "the client credentials grant is on")
		require.False(t, c.PublicClient || c.StandardFlowEnabled)
	}
	services := load(t).AllServices()
	issuer := *services["keycloak"].Environment["KC_HOSTNAME"] + "/realms/" + realm.Realm
	require.Equal(t, issuer, *services["k6-keycloak"].Environment["ISSUER"])
	require.True(t, strings.HasPrefix(*services["k6-keycloak"].Environment["API_URL"], issuer+"/"))
}

// TestVersions holds that the image has the k6 and the Go that `make build` has.
func TestVersions(t *testing.T) {
	k6 := regexp.MustCompile(`(?m)^(?:ARG )?K6_VERSION ?:?= ?(v[0-9.]+)$`)
	inMakefile, inDockerfile := k6.FindStringSubmatch(read(t, "Makefile")), k6.FindStringSubmatch(read(t,
		"deploy/Dockerfile"))
	require.NotNil(t, inMakefile)
	require.NotNil(t, inDockerfile)
	require.Equal(t, inMakefile[1], inDockerfile[1])
}
