package block

import (
	"slices"
	"strconv"
	"time"
)

// Block holds the cost of one block of one variant.
type Block struct {
	Variant string        `json:"variant"`
	Round   int           `json:"round"` // 0 is the warm-up
	Units   int           `json:"units"` // of work done
	CPU     time.Duration `json:"cpu_ns"`
	Wall    time.Duration `json:"wall_ns"`
	Mallocs uint64        `json:"mallocs"`
	Bytes   uint64        `json:"bytes"` // allocated
	// Locks is how long goroutines waited for mutexes of package sync, in sum.
	Locks time.Duration `json:"locks_ns"`
	// P99 is the 99th percentile of how long a unit took, where that was measured.
	P99 time.Duration `json:"p99_ns,omitempty"`
}

// Collection holds the cost of one cycle of the garbage collector between two blocks.
type Collection struct {
	CPU time.Duration `json:"cpu_ns"`
	// Budget is how many bytes would be allocated before the next cycle begins.
	Budget uint64 `json:"budget_bytes"`
}

// Run is everything measured in one process, the warm-up round included.
type Run struct {
	Blocks      []Block      `json:"blocks"`
	Collections []Collection `json:"collections"`
}

// Quantity is something per unit of work in a block.
type Quantity func(Block) float64

// CPU is nanoseconds of CPU per unit, without the garbage collector's.
func CPU(b Block) float64 { return float64(b.CPU) / float64(b.Units) }

// Rate is units per second of wall-clock time.
func Rate(b Block) float64 { return float64(b.Units) / b.Wall.Seconds() }

// Mallocs is allocations per unit.
func Mallocs(b Block) float64 { return float64(b.Mallocs) / float64(b.Units) }

// P99 is milliseconds.
func P99(b Block) float64 { return float64(b.P99) / float64(time.Millisecond) }

// Cost returns nanoseconds of CPU per unit, with the share of the garbage collector: a cycle for
// every budget of bytes allocated.
func (r *Run) Cost() Quantity {
	perByte := r.collectorPerByte()
	return func(b Block) float64 { return CPU(b) + perByte*float64(b.Bytes)/float64(b.Units) }
}

// collectorPerByte is the median, so that one disturbed cycle does not count.
func (r *Run) collectorPerByte() float64 {
	costs := make([]float64, 0, len(r.Collections))
	for _, c := range r.Collections {
		if c.Budget > 0 {
			costs = append(costs, float64(c.CPU)/float64(c.Budget))
		}
	}
	if len(costs) == 0 {
		return 0
	}
	slices.Sort(costs)
	return costs[len(costs)/2]
}

// Pooled returns the run with each so many rounds made into one. What happens now and then, such as
// once a second, is then in every round, while blocks still alternate as fast as they did.
func (r *Run) Pooled(rounds int) *Run {
	pooled := &Run{Collections: r.Collections}
	for _, b := range r.Blocks {
		if b.Round > 0 {
			b.Round = (b.Round-1)/rounds + 1
		}
		same := func(other Block) bool { return other.Round == b.Round && other.Variant == b.Variant }
		if i := slices.IndexFunc(pooled.Blocks, same); i >= 0 {
			pooled.Blocks[i].add(b)
		} else {
			b.P99 = 0 // a percentile cannot be pooled
			pooled.Blocks = append(pooled.Blocks, b)
		}
	}
	return pooled
}

func (b *Block) add(other Block) {
	b.Units += other.Units
	b.CPU += other.CPU
	b.Wall += other.Wall
	b.Mallocs += other.Mallocs
	b.Bytes += other.Bytes
	b.Locks += other.Locks
}

// Of returns a quantity of one variant, by round and without the warm-up. It panics for a variant
// that is not in the script.
func (r *Run) Of(variant string, q Quantity) []float64 {
	var values []float64
	for round := 1; ; round++ {
		i := slices.IndexFunc(r.Blocks, func(b Block) bool { return b.Round == round && b.Variant == variant })
		if i < 0 {
			break
		}
		values = append(values, q(r.Blocks[i]))
	}
	if len(values) == 0 {
		panic("no blocks of a variant " + strconv.Quote(variant))
	}
	return values
}
