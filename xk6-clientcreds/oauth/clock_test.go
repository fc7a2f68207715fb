package oauth

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadClock(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	header := date.Format(http.TimeFormat)
	for name, c := range map[string]struct{ sent, answered, want time.Duration }{
		"the same second":                     {300 * time.Millisecond, 400 * time.Millisecond, 0},
		"the second had begun":                {-time.Second, 0, 0},
		"a nanosecond before it began":        {-time.Second, -1, 1},
		"the second had not ended":            {time.Second, 2 * time.Second, 0},
		"a nanosecond after it ended":         {time.Second + 1, 2 * time.Second, -1},
		"ahead by a minute":                   {-61 * time.Second, -time.Minute, time.Minute},
		"behind by a minute":                  {61 * time.Second, 62 * time.Second, -time.Minute},
		"a slow answer around all of it":      {-time.Minute, time.Minute, 0},
		"a slow answer that ended too early":  {-time.Hour, -3 * time.Second, 3 * time.Second},
		"a slow answer that began afterwards": {4 * time.Second, time.Hour, -3 * time.Second},
	} {
		clock := ReadClock(header, date.Add(c.sent), date.Add(c.answered))
		assert.Equal(t, Clock{Date: date, Skew: c.want}, clock, name)
		assert.True(t, clock.Known(), name)
	}
	for _, header := range []string{"", "yesterday", "2026-01-02T03:04:05Z"} {
		assert.Equal(t, Clock{}, ReadClock(header, date, date))
		assert.False(t, ReadClock(header, date, date).Known())
	}
}

// Every answer shows the clock, a refusal too: a wrong clock is a reason for one.
func TestAttemptsTellOfTheClock(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"a token": http.StatusOK, "a refusal": http.StatusUnauthorized} {
		synctest.Test(t, func(t *testing.T) {
			body := map[int]string{
				http.StatusOK:           `{"access_token":"at"}`,
				http.StatusUnauthorized: `{"error":"invalid_client"}`,
			}[status]
			slow := func(*http.Request) (*http.Response, error) {
				time.Sleep(2 * time.Second)
				return answer(status, typeJSON, body, "Date", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat)), nil
			}
			var seen []Attempt
			_, _ = newClient(t, config()).TokenWithRetry(context.Background(), Doer(slow), Retry{},
				func(a Attempt) { seen = append(seen, a) })
			require.Len(t, seen, 1, name)
			assert.Equal(t, 90*time.Second, seen[0].Clock.Skew, name)
		})
	}
	var seen Attempt
	_, err := newClient(t, config()).TokenWithRetry(context.Background(), always(200, typeJSON, `{"access_token":"at"}`),
		Retry{},
		func(a Attempt) { seen = a })
	require.NoError(t, err)
	assert.False(t, seen.Clock.Known())
}
