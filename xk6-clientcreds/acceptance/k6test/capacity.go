package k6test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Capacity is the document that scripts/token-capacity.js writes to RESULT_FILE.
type Capacity struct {
	Capacity     float64 `json:"capacity"`
	Most         float64 `json:"most"`
	Limit        string  `json:"limit"`
	Why          string  `json:"why"`
	GeneratorCPU float64 `json:"generatorCPU"`
	Servers      []struct {
		Server   string  `json:"server"`
		Resource string  `json:"resource"`
		Usage    float64 `json:"usage"`
	} `json:"servers"`
	Steps []struct {
		Rate    int     `json:"rate"`
		Granted float64 `json:"granted"`
		P95     float64 `json:"p95"`
		Failed  float64 `json:"failed"`
		Miss    string  `json:"miss"`
	} `json:"steps"`
}

// ReadCapacity reads the document.
func ReadCapacity(t *testing.T, file string) (found Capacity) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(ReadFile(t, file)), &found))
	return found
}
