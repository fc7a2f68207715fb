package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
)

// ScheduleVariable is the environment variable that holds a Schedule as JSON.
const ScheduleVariable = "BENCH_SCHEDULE"

// Schedule describes the blocks of a run.
type Schedule struct {
	VUs    int `json:"vus"`
	Rounds int `json:"rounds"` // the warm-up not counted
	PerVU  int `json:"per_vu"` // iterations of each VU in a block
	// Repeats is the argument of the variants: how often each repeats its work in one iteration.
	Repeats int `json:"repeats"`
	// Single are the variants that do their work once in an iteration, in Repeats times as many iterations.
	Single []string `json:"single"`
	// Name is for the names of files, if there are several runs of a script with as many VUs; it may be empty.
	Name string `json:"name"`
	// Drain is how long a block goes on after its work, on the CPU clock only: k6 hands samples
	// on every 50 ms, twice, and a block must not pay for the samples of the previous one.
	Drain time.Duration `json:"drain"`
	// Cores is GOMAXPROCS; as the environment says when 0.
	Cores int `json:"cores"`
	// Latency says to measure how long every iteration takes. The garbage collector then runs as it
	// does without the probe, inside blocks too.
	Latency bool `json:"latency"`
	// Pause is how long a VU rests after an iteration, on average: load that leaves CPU.
	Pause time.Duration `json:"pause"`
	// WithOutput are the variants whose samples k6's output gets (see [RootModule.Switched]).
	WithOutput []string `json:"with_output"`
	// Announce is a file, a pipe for one, that gets the name of each variant when its block begins,
	// and an empty line when the work of the block is done; none when empty.
	Announce string `json:"announce"`
	// Output is the file that the block.Run is written to.
	Output string `json:"output"`
	// Profile is the file for a CPU profile, with the label "variant"; none when empty.
	Profile string `json:"profile"`

	variants []string
	plan     []int // indices of variants
}

func parseSchedule(lookup func(string) (string, bool), variants []string) (*Schedule, error) {
	text, ok := lookup(ScheduleVariable)
	if !ok {
		return nil, errors.New(ScheduleVariable + " is not set; the benchmark command sets it")
	}
	s := &Schedule{variants: variants}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return nil, fmt.Errorf("%s: %w", ScheduleVariable, err)
	}
	if s.VUs < 1 || s.Rounds < 1 || s.PerVU < 1 || s.Repeats < 1 || s.Output == "" || len(variants) == 0 {
		return nil, errors.New(ScheduleVariable +
			": vus, rounds, per_vu and repeats must be 1 or more, output a file, and variants given")
	}
	shuffle := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) // #nosec G404 -- shuffles blocks
	s.plan = block.Plan(len(variants), s.Rounds+1, shuffle)
	return s, nil
}

// iterations is how many iterations of each VU a block of that variant has.
func (s *Schedule) iterations(variant int) int {
	if slices.Contains(s.Single, s.variants[variant]) {
		return s.PerVU * s.Repeats
	}
	return s.PerVU
}

// allIterations is how many iterations each VU has. The last one ends the last block.
func (s *Schedule) allIterations() int {
	all := 1
	for _, variant := range s.plan {
		all += s.iterations(variant)
	}
	return all
}

// units is the work in one block.
func (s *Schedule) units() int { return s.VUs * s.PerVU * s.Repeats }
