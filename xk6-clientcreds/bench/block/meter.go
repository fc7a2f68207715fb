package block

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

// Meter measures blocks of this process, one at a time. The zero Meter leaves the garbage collector
// as it is; see [NewMeter].
type Meter struct {
	run Run

	cpu   time.Duration
	wall  time.Time
	heap  runtime.MemStats
	locks time.Duration
	took  time.Duration
}

// NewMeter returns a meter for CPU time. It turns the automatic garbage collector off, for the life
// of the process: between Start and Stop it does not run.
func NewMeter() *Meter {
	debug.SetGCPercent(-1)
	return new(Meter)
}

// Collect collects garbage, between two blocks.
func (m *Meter) Collect() {
	before := procinfo.CPUTime()
	runtime.GC()
	cycle := procinfo.CPUTime() - before
	m.run.Collections = append(m.run.Collections, Collection{CPU: cycle, Budget: gcBudget()})
}

// Start begins a block.
func (m *Meter) Start() {
	runtime.ReadMemStats(&m.heap)
	m.locks = lockTime()
	m.wall, m.cpu = time.Now(), procinfo.CPUTime()
}

// Lap notes that the work of the block is done. CPU time and allocations still count until Stop,
// for what the work leaves to other goroutines.
func (m *Meter) Lap() { m.took = time.Since(m.wall) }

// Stop ends the block. It sorts took, how long each unit took; none if that was not measured.
func (m *Meter) Stop(variant string, round, units int, took []time.Duration) {
	cpu := procinfo.CPUTime() - m.cpu
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	m.run.Blocks = append(m.run.Blocks, Block{
		Variant: variant,
		Round:   round,
		Units:   units,
		CPU:     cpu,
		Wall:    m.took,
		Mallocs: heap.Mallocs - m.heap.Mallocs,
		Bytes:   heap.TotalAlloc - m.heap.TotalAlloc,
		Locks:   lockTime() - m.locks,
		P99:     p99(took),
	})
}

// lockTime is how long goroutines of this process have waited for mutexes.
func lockTime() time.Duration {
	sample := []metrics.Sample{{Name: "/sync/mutex/wait/total:seconds"}}
	metrics.Read(sample)
	return time.Duration(sample[0].Value.Float64() * float64(time.Second))
}

// p99 is the 99th percentile, by the nearest rank; 0 of nothing.
func p99(took []time.Duration) time.Duration {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[(len(took)*99-1)/100]
}

// Run returns what was measured.
func (m *Meter) Run() *Run { return &m.run }
