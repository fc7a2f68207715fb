package generator

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

func TestMain(m *testing.M) {
	if group := os.Getenv(groupVariable); group != "" {
		if err := watchItself(group); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// watched returns the readings of a time in which the process uses that share of one CPU, of two.
func watched(t *testing.T, length time.Duration, share float64) []Reading {
	t.Helper()
	var readings []Reading
	synctest.Test(t, func(*testing.T) {
		begin := time.Now()
		w := &watcher{
			cpu:       func() time.Duration { return time.Hour + time.Duration(share*float64(time.Since(begin))) },
			available: func() int { return 2 },
			limits:    newLimits(fstest.MapFS{}),
			report:    func(r Reading) { readings = append(readings, r) },
		}
		stop := w.start()
		time.Sleep(length)
		stop()
	})
	return readings
}

func TestReadings(t *testing.T) {
	t.Parallel()
	readings := watched(t, 3500*time.Millisecond, 1)
	assert.Len(t, readings, 3, "one each second, and nothing of what is left")
	for _, r := range readings {
		assert.InDelta(t, 0.5, r.CPU, 1e-6)
		assert.Zero(t, r.Lag)
		assert.False(t, r.Saturated())
	}
}

func TestShortTestHasAReadingToo(t *testing.T) {
	t.Parallel()
	readings := watched(t, 300*time.Millisecond, 2)
	assert.Len(t, readings, 1)
	assert.InDelta(t, 1, readings[0].CPU, 1e-6)
	assert.True(t, readings[0].Saturated())
	assert.Empty(t, watched(t, 0, 2), "no time, no reading")
}

func TestSaturation(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []bool{false, true, true, false}, []bool{
		Reading{Lag: saturatedLag - 1}.Saturated(), Reading{Lag: saturatedLag}.Saturated(),
		Reading{CPU: 0.9}.Saturated(), Reading{CPU: 0.89}.Saturated(),
	})
}

// TestLagIsTheAverageLateness: of ten runs a second, one that was 400 ms late and one that was early.
func TestLagIsTheAverageLateness(t *testing.T) {
	t.Parallel()
	var readings []Reading
	w := &watcher{
		cpu: func() time.Duration { return 0 }, available: func() int { return 1 }, limits: newLimits(fstest.MapFS{}),
		report: func(r Reading) { readings = append(readings, r) },
	}
	begin := time.Now()
	w.restart(begin)
	for i := 1; i <= 20; i++ {
		due := begin.Add(time.Duration(i) * 100 * time.Millisecond)
		now := due
		switch i {
		case 3:
			now = due.Add(400 * time.Millisecond)
		case 5:
			now = due.Add(-time.Millisecond)
		}
		w.ran(now, due)
	}
	assert.Equal(t, []Reading{{Lag: 40 * time.Millisecond}, {}}, readings, "each second for itself")
}

// TestStandstillCountsForItsLength: a process that stood still for three seconds has three bad ones, not one, and also
// when the test is over before the process goes on.
func TestStandstillCountsForItsLength(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func(w *watcher, now, due time.Time){
		"goes on": (*watcher).ran, "ends": (*watcher).end,
	} {
		var readings []Reading
		w := &watcher{
			cpu: func() time.Duration { return 0 }, available: func() int { return 1 }, limits: newLimits(fstest.MapFS{}),
			report: func(r Reading) { readings = append(readings, r) },
		}
		begin := time.Now()
		w.restart(begin)
		after(w, begin.Add(3600*time.Millisecond), begin.Add(tick))
		stood := Reading{Lag: 3600*time.Millisecond - tick}
		assert.Equal(t, []Reading{stood, stood, stood}, readings, name)
	}
}

// TestQueueOfTheRuntimeIsLag: goroutines that wait for each other are late, although one with a timer is not.
//
//nolint:paralleltest // It has the process use one CPU.
func TestQueueOfTheRuntimeIsLag(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var readings []Reading
	stop := Watch(func(r Reading) { readings = append(readings, r) })
	var busy sync.WaitGroup
	end := time.Now().Add(1500 * time.Millisecond)
	for range 20 {
		busy.Go(func() {
			for time.Now().Before(end) {
			}
		})
	}
	busy.Wait()
	stop()
	assert.NotEmpty(t, readings)
	assert.GreaterOrEqual(t, readings[0].Lag, 8*saturatedLag, "about 190 ms: each runs for 10 ms before the next")
}

// TestReportThatTakesItsTimeIsNotLate: what the readings are handed to may wait.
func TestReportThatTakesItsTimeIsNotLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		w := &watcher{
			cpu: func() time.Duration { return 0 }, available: func() int { return 1 },
			limits: newLimits(fstest.MapFS{}),
		}
		w.report = func(r Reading) {
			n++
			assert.Zero(t, r.Lag)
			time.Sleep(300 * time.Millisecond)
		}
		stop := w.start()
		time.Sleep(5 * time.Second)
		stop()
		assert.Positive(t, n)
	})
}

func TestAvailableCPUs(t *testing.T) {
	t.Parallel()
	assert.GreaterOrEqual(t, runtime.NumCPU(), availableCPUs())
	assert.Positive(t, availableCPUs())
}

// TestCPUIsAShare: counters of the kernel that run ahead of the clock do not make more than all of it.
func TestCPUIsAShare(t *testing.T) {
	t.Parallel()
	for _, r := range watched(t, 2*time.Second, 2.5) {
		assert.Equal(t, 1.0, r.CPU)
	}
}

// groupVariable makes this test binary a process that looks at itself, in the group whose folder is the value.
const groupVariable = "GENERATOR_TEST_GROUP"

// watchItself writes the readings of a process that works for 5 ms in every 100.
func watchItself(group string) error {
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return err
	}
	var readings []Reading
	stop := Watch(func(r Reading) { readings = append(readings, r) })
	work := time.NewTicker(100 * time.Millisecond)
	defer work.Stop()
	for range 25 {
		<-work.C
		worked := 0
		for used := procinfo.CPUTime(); procinfo.CPUTime()-used < 5*time.Millisecond; {
			worked++
		}
	}
	stop()
	return json.NewEncoder(os.Stdout).Encode(readings)
}
