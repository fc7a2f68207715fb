package loglimit

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// log is a logger with a hook and an output, where entries with a field "kind" are of that kind.
type log struct {
	*logrus.Logger

	limiter *Limiter
	hook    *logtest.Hook
	out     buffer
}

// buffer is an output that timers write to.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns what was written since the last time.
func (b *buffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

func newLog() *log {
	l := &log{Logger: logrus.New()}
	l.SetOutput(&l.out)
	l.SetFormatter(&logrus.TextFormatter{DisableTimestamp: true})
	l.hook = logtest.NewLocal(l.Logger)
	l.limiter = New(func(e *logrus.Entry) string {
		kind, _ := e.Data["kind"].(string)
		return kind
	})
	l.limiter.Install(l.Logger)
	return l
}

// lines are the texts that were written, which are those that the hook saw.
func (l *log) lines(t *testing.T) []string {
	t.Helper()
	var list, seen []string
	for _, m := range regexp.MustCompile(`msg=("[^"]*"|\S+)`).FindAllStringSubmatch(l.out.take(), -1) {
		list = append(list, strings.Trim(m[1], `"`))
	}
	for _, e := range l.hook.AllEntries() {
		seen = append(seen, e.Message)
	}
	require.Equal(t, seen, list)
	l.hook.Reset()
	return list
}

func TestRepeatedEntriesAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLog()
		flood := func(kind string, n int) {
			for i := range n {
				l.WithField("kind", kind).Errorf("%s %d", kind, i)
			}
		}
		flood("a", 10)
		flood("b", 2)
		assert.Equal(t, []string{"a 0", "a 1", "a 2", "b 0", "b 1"}, l.lines(t))
		time.Sleep(window - 1)
		flood("a", 5)
		assert.Empty(t, l.lines(t))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Equal(t, []string{"… and 12 more: a"}, l.lines(t))
		flood("a", 4)
		assert.Equal(t, []string{"a 0", "a 1", "a 2"}, l.lines(t))
		l.limiter.End()
		assert.Equal(t, []string{"… and 1 more: a"}, l.lines(t))
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Empty(t, l.lines(t))
		flood("a", 4)
		assert.Len(t, l.lines(t), 4, "after the end nothing is dropped: nobody would count it")
	})
}

func TestOtherEntriesAreNotDropped(t *testing.T) {
	t.Parallel()
	l := newLog()
	for i := range 1000 {
		l.Error(i)
	}
	l.limiter.End()
	assert.Len(t, l.lines(t), 1000)
}

// A count has the level of what it counts: a log of errors shows it.
func TestLevelOfTheCount(t *testing.T) {
	t.Parallel()
	l := newLog()
	for range 4 {
		l.WithField("kind", "a").Warn("a")
	}
	l.limiter.End()
	assert.Equal(t, logrus.WarnLevel, l.hook.LastEntry().Level)
}

func TestKindsAreBounded(t *testing.T) {
	t.Parallel()
	l := newLog()
	for i := range 2 * mostKinds {
		l.WithField("kind", fmt.Sprint("kind ", i)).Error("text")
	}
	l.limiter.End()
	lines := l.lines(t)
	assert.Len(t, lines, mostKinds+most+1)
	assert.Equal(t, fmt.Sprintf("… and %d more: other failures", mostKinds-most), lines[len(lines)-1])
}

func TestConcurrentEntries(t *testing.T) {
	t.Parallel()
	l := newLog()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				l.WithField("kind", "a").Error("text")
				l.Info("other")
			}
		})
	}
	all.Wait()
	l.limiter.End()
	logged, counted := 0, 0
	for _, e := range l.hook.AllEntries() {
		switch {
		case e.Message == "text":
			logged++
		case e.Level == logrus.ErrorLevel:
			n := 0
			_, err := fmt.Sscanf(e.Message, "… and %d more: a", &n)
			require.NoError(t, err)
			counted += n
		}
	}
	assert.Equal(t, 800, logged+counted)
}
