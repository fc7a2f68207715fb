package servers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// TokensGranted returns the number of tokens that Keycloak has granted since its start by its own metrics, without the
// administrator's.
func (k *Keycloak) TokensGranted(t *testing.T) (granted int) {
	t.Helper()
	resp, err := k.http.Get(k.Metrics)
	require.NoError(t, err)
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	require.NoError(t, err)
	for _, m := range families["http_server_requests_seconds"].GetMetric() {
		labels := make(map[string]string)
		for _, pair := range m.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		if labels["status"] == "200" && labels["method"] == http.MethodPost && strings.HasSuffix(labels["uri"], "/token") {
			granted += int(m.GetSummary().GetSampleCount() + m.GetHistogram().GetSampleCount()) // #nosec G115 -- a count of requests
		}
	}
	return granted - int(k.adminTokens.Load())
}
