package block

import "runtime/metrics"

// minHeap is the heap size below which Go does not collect with GOGC=100.
const minHeap = 4 << 20

// gcBudget returns how many bytes a process with GOGC=100 may allocate after the last cycle until
// the next: as many as that found alive on the heap, on stacks and in globals.
func gcBudget() uint64 {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/gc/scan/stack:bytes"},
		{Name: "/gc/scan/globals:bytes"},
	}
	metrics.Read(samples)
	live := samples[0].Value.Uint64()
	sum := live + samples[1].Value.Uint64() + samples[2].Value.Uint64()
	return max(sum, minHeap-min(live, minHeap))
}
