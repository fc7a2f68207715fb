package proof

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"sigs.k8s.io/yaml"
)

// api is the API server that KUBECONFIG names.
type api struct {
	url, token string
	client     *http.Client
}

func connect() (*api, error) {
	content, err := os.ReadFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, fmt.Errorf("KUBECONFIG must name the node's file, as tools/kubernetes/with-node.sh does: %w", err)
	}
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server string
				CA     string `json:"certificate-authority"`
			}
		}
		Users []struct{ User struct{ Token string } }
	}
	if err := yaml.Unmarshal(content, &config); err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(config.Clusters[0].Cluster.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return &api{
		url: config.Clusters[0].Cluster.Server, token: config.Users[0].User.Token,
		client: &http.Client{Timeout: 30 * time.Second, Transport: transport},
	}, nil
}

// call sends one request, and decodes the answer. A body is a merge patch where the method is PATCH.
func (a *api) call(method, path string, body, into any) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(method, a.url+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// serves waits until the API server has a resource that was just defined.
func (a *api) serves(path string) error {
	deadline := time.Now().Add(longest)
	for tick := time.NewTicker(250 * time.Millisecond); ; <-tick.C {
		err := a.call(http.MethodGet, path, nil, nil)
		if err == nil || time.Now().After(deadline) {
			tick.Stop()
			return err
		}
	}
}
