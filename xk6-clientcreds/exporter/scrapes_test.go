package exporter

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
)

// visits are scrapes that tests make, without a server.
type visits struct {
	*scrapes

	time time.Time
}

func newVisits() *visits {
	v := &visits{time: testStart}
	v.scrapes = &scrapes{now: func() time.Time { return v.time }}
	return v
}

// from makes a scrape through a connection, some seconds after the last.
func (v *visits) from(seconds int, connection string) {
	v.time = v.time.Add(time.Duration(seconds) * time.Second)
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.RemoteAddr = connection
	v.watch(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), request)
}

func (v *visits) disconnect(t *testing.T, connection string) {
	t.Helper()
	addr, err := net.ResolveTCPAddr("tcp", connection)
	require.NoError(t, err)
	v.connState(remote{addr: addr}, http.StateClosed)
}

// remote is a connection that has an address and nothing else.
type remote struct {
	net.Conn

	addr net.Addr
}

func (r remote) RemoteAddr() net.Addr { return r.addr }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestAwaitsEachScraper: two of one host, as a pair that watches each other's back, are not taken for
// one that scrapes twice as often.
func TestAwaitsEachScraper(t *testing.T) {
	v := newVisits()
	for range 2 {
		v.from(10, "192.0.2.1:1000")
		v.from(2, "192.0.2.1:2000")
	}
	next, within := v.await()
	require.Len(t, next, 2)
	assert.Equal(t, 24*time.Second, within)
	v.from(8, "192.0.2.1:1000")
	assert.True(t, isClosed(next[0]))
	assert.False(t, isClosed(next[1]), "the other has not come yet")
	v.from(1, "192.0.2.1:1000")
	assert.False(t, isClosed(next[1]), "it still has not")
	v.from(1, "192.0.2.1:2000")
	assert.True(t, isClosed(next[1]))
}

// TestLingerWaitsForAll: the first of two does not end the wait.
func TestLingerWaitsForAll(t *testing.T) {
	signals := make(chan os.Signal, 1) // os/signal's own goroutine must not begin in the bubble
	signal.Notify(signals, syscall.SIGINT)
	signal.Stop(signals)
	synctest.Test(t, func(t *testing.T) {
		v := newVisits()
		for range 2 {
			v.from(10, "192.0.2.1:1000")
			v.from(2, "192.0.2.1:2000")
		}
		done := make(chan struct{})
		go func() {
			linger{auto: true}.wait(v.scrapes, nil, k6kit.Params("").Logger)
			close(done)
		}()
		synctest.Wait()
		v.from(8, "192.0.2.1:1000")
		synctest.Wait()
		assert.False(t, isClosed(done))
		v.from(2, "192.0.2.1:2000")
		synctest.Wait()
		assert.True(t, isClosed(done))
	})
}

func TestAwaitsOneThatReconnects(t *testing.T) {
	v := newVisits()
	v.from(0, "192.0.2.1:1000")
	v.disconnect(t, "192.0.2.1:1000")
	v.from(5, "192.0.2.2:1000") // another host
	v.from(5, "192.0.2.1:2000")
	next, within := v.await()
	require.Len(t, next, 1)
	assert.Equal(t, 20*time.Second, within)
	v.disconnect(t, "192.0.2.1:2000")
	v.from(5, "192.0.2.1:3000")
	assert.True(t, isClosed(next[0]))
}

func TestAwaitsNobodyWhoHasLeft(t *testing.T) {
	v := newVisits()
	v.from(0, "192.0.2.1:1000")
	v.from(1, "192.0.2.1:1000")
	v.time = v.time.Add(goneAfter * time.Second)
	next, _ := v.await()
	assert.Len(t, next, 1, "it is just as late as it may be")
	v.time = v.time.Add(time.Nanosecond)
	next, within := v.await()
	assert.Empty(t, next)
	assert.Zero(t, within)
}

// collector is called for each scrape, and has no metrics.
type collector func()

func (c collector) Describe(chan<- *prometheus.Desc) {}
func (c collector) Collect(chan<- prometheus.Metric) { c() }

// TestScrapesUnderWayAreBounded: one more is refused, and served when one of the others has ended.
func TestScrapesUnderWayAreBounded(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	e := benchExporter(t, "runtimeMetrics=false")
	e.others.MustRegister(collector(func() {
		begun <- struct{}{}
		<-end
	}))
	h := e.handler()
	scrape := func() int {
		response := httptest.NewRecorder()
		h.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return response.Code
	}
	codes := make(chan int)
	for range maxScrapes {
		go func() { codes <- scrape() }()
		<-begun
	}
	assert.Equal(t, http.StatusServiceUnavailable, scrape())
	close(end)
	for range maxScrapes {
		assert.Equal(t, http.StatusOK, <-codes)
	}
	go func() { codes <- scrape() }()
	<-begun
	assert.Equal(t, http.StatusOK, <-codes)
}

// TestAwaitsNoScrapeThatHadBegun: what it serves may be of before the end.
func TestAwaitsNoScrapeThatHadBegun(t *testing.T) {
	v := newVisits()
	v.from(0, "192.0.2.1:1000")
	v.time = v.time.Add(time.Second)
	by, awaited := v.begin("192.0.2.1:1000")
	next, _ := v.await()
	v.end(by, awaited, false)
	require.Len(t, next, 1)
	assert.False(t, isClosed(next[0]))
}

func TestAwaitsAMinuteAtMost(t *testing.T) {
	v := newVisits()
	v.from(0, "192.0.2.1:1000")
	v.from(3600, "192.0.2.1:1000")
	_, within := v.await()
	assert.Equal(t, time.Minute, within)
}

func TestScrapersAreBounded(t *testing.T) {
	v := newVisits()
	for i := range 10 * maxScrapers {
		v.from(1, "192.0.2.1:"+strconv.Itoa(1000+i))
	}
	assert.Len(t, v.scrapers, maxScrapers)
	assert.Equal(t, "192.0.2.1:"+strconv.Itoa(1000+10*maxScrapers-1), v.scrapers[maxScrapers-1].connection,
		"the newest stay")
}
