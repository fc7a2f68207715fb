package jsmodule

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
)

// A request that takes longer than another one through the same sender keeps its own times.
func TestSenderSendsTwoRequestsAtOnce(t *testing.T) {
	t.Parallel()
	var begun sync.WaitGroup
	begun.Add(2)
	s := &sender{
		process: newProcess(), opts: &options{Timeout: time.Minute},
		transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			begun.Done()
			begun.Wait()
			if req.URL.Path == "/fails" {
				return nil, io.ErrUnexpectedEOF
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		}),
	}
	send := func(path string) *trace {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://idp.example.com"+path, http.NoBody)
		require.NoError(t, err)
		resp, sent, err := s.Send(req)
		measured, ok := sent.(*trace)
		require.True(t, ok)
		assert.Equal(t, path, measured.url.Path)
		if err != nil {
			assert.NotNil(t, measured.trail, "an error ends the trace")
			return measured
		}
		assert.Nil(t, measured.trail, "the body has not been read")
		require.NoError(t, resp.Body.Close())
		assert.NotNil(t, measured.trail)
		return measured
	}
	failed := make(chan *trace)
	go func() { failed <- send("/fails") }()
	answered := send("/token")
	assert.NotSame(t, answered.trail, (<-failed).trail)
}

// acquire() keeps its sender as long as the VU's tags stay the same, and no longer.
func TestRequestsHaveTheTagsOfTheMoment(t *testing.T) {
	t.Parallel()
	v := oneVU(t, newEndpoint(t), "")
	v.mustRun("client.acquire()")
	kept := v.onlyClient().sender
	v.mustRun("client.acquire()")
	assert.Same(t, kept, v.onlyClient().sender)

	v.state.Tags.Modify(func(tags *metrics.TagsAndMeta) { tags.SetTag("step", "two") })
	v.mustRun("client.acquire()")
	v.state.Tags.Modify(func(tags *metrics.TagsAndMeta) { tags.SetMetadata("trace", "three") })
	v.mustRun("client.acquire()")
	v.state.Tags.Modify(func(tags *metrics.TagsAndMeta) { tags.SetMetadata("trace", "four") })
	v.mustRun("client.acquire()")
	v.state.Tags.Modify(func(tags *metrics.TagsAndMeta) { tags.DeleteMetadata("trace") })
	v.mustRun("client.acquire()")

	var steps, traces []string
	for _, sample := range v.collected()["clientcreds_requests"] {
		step, _ := sample.Tags.Get("step")
		steps, traces = append(steps, step), append(traces, sample.Metadata["trace"])
	}
	assert.Equal(t, []string{"", "", "two", "two", "two", "two"}, steps)
	assert.Equal(t, []string{"", "", "", "three", "four", ""}, traces)
}
