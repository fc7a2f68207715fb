package block

import (
	"runtime"
	"runtime/debug"
	"time"
)

// Meter measures blocks of this process, one at a time. Between Start and Stop the garbage
// collector does not run.
type Meter struct {
	run Run

	cpu  time.Duration
	wall time.Time
	heap runtime.MemStats
	took time.Duration
}

// NewMeter turns the automatic garbage collector off, for the life of the process.
func NewMeter() *Meter {
	debug.SetGCPercent(-1)
	return new(Meter)
}

// Collect collects garbage, between two blocks.
func (m *Meter) Collect() {
	before := ProcessCPU()
	runtime.GC()
	cycle := ProcessCPU() - before
	m.run.Collections = append(m.run.Collections, Collection{CPU: cycle, Headroom: headroom()})
}

// Start begins a block.
func (m *Meter) Start() {
	runtime.ReadMemStats(&m.heap)
	m.wall, m.cpu = time.Now(), ProcessCPU()
}

// Lap notes that the work of the block is done. CPU time and allocations still count until Stop,
// for what the work leaves to other goroutines.
func (m *Meter) Lap() { m.took = time.Since(m.wall) }

// Stop ends the block.
func (m *Meter) Stop(variant string, round, units int) {
	cpu := ProcessCPU() - m.cpu
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
	})
}

// Run returns what was measured.
func (m *Meter) Run() *Run { return &m.run }
