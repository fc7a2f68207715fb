package servers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// StartMetrics starts a server of Prometheus metrics, and returns their URL.
func StartMetrics(t *testing.T, metrics http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(metrics)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL + "/metrics"
}

// GoMetrics are metrics as of a server in Go that uses so many of its two CPUs.
func GoMetrics(cpus float64) http.HandlerFunc {
	start := time.Now()
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total %f
# TYPE go_sched_gomaxprocs_threads gauge
go_sched_gomaxprocs_threads 2
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 5e+07
# TYPE go_goroutines gauge
go_goroutines 12
# TYPE queue_length gauge
queue_length{queue="a"} 2
queue_length{queue="b"} 3
`, cpus*time.Since(start).Seconds())
	}
}
