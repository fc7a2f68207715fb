package exporter

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// broken is a connection that takes some bytes.
type broken struct {
	*httptest.ResponseRecorder

	room int
}

func (b *broken) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, errors.New("broken pipe")
	}
	return b.ResponseRecorder.Write(p)
}

// TestScraperThatHangsUp: one warning for an answer of many metrics, and one a minute for a scraper that does it again.
func TestScraperThatHangsUp(t *testing.T) {
	r := newRig(t, "127.0.0.1:0")
	for i := range 100 {
		r.add(r.metric("m"+strconv.Itoa(i), 0), 1)
	}
	h := r.handler()
	scrape := func(room int) {
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		request.RemoteAddr = "192.0.2.1:4711"
		h.ServeHTTP(&broken{httptest.NewRecorder(), room}, request)
	}
	scrape(1 << 20)
	require.Empty(t, r.warnings(), "it does not hang up")
	const want = "The scraper at 192.0.2.1 hung up before it had all metrics: raise its scrape_timeout, or serve fewer " +
		"series by dropMetrics or dropLabels"
	for _, room := range []int{1000, 0, 3000} {
		scrape(room)
		r.time = r.time.Add(15 * time.Second)
	}
	assert.Equal(t, []string{want}, r.warnings())
	assert.NotContains(t, r.logs.LastEntry().Data, "before")
	r.time = r.time.Add(15 * time.Second)
	scrape(1000)
	require.Equal(t, []string{want, want}, r.warnings())
	entry := r.logs.LastEntry()
	assert.Equal(t, logrus.Fields{"output": "prometheus", "error": errors.New("broken pipe"), "before": 2}, entry.Data)
}
