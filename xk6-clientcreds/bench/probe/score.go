package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
)

// ScoreVariable is the environment variable that holds a Score as JSON.
const ScoreVariable = "BENCH_SCORE"

// Score says how the blocks are to be played.
type Score struct {
	VUs    int `json:"vus"`
	Rounds int `json:"rounds"` // the warm-up not counted
	PerVU  int `json:"per_vu"` // iterations of each VU in a block
	// Turns is the argument of the variants: how often each repeats its work in one iteration.
	Turns int `json:"turns"`
	// Settle is how long a block goes on after its work, on the CPU clock only: k6 hands samples
	// on every 50 ms, twice, and a block must not pay for those of the one before.
	Settle time.Duration `json:"settle"`
	// Cores is GOMAXPROCS; as the environment says when 0.
	Cores int `json:"cores"`
	// Latency says to measure how long every iteration takes. The garbage collector then runs as it
	// does without the probe, inside blocks too.
	Latency bool `json:"latency"`
	// Pause is how long a VU rests after an iteration, on average: load that leaves CPU.
	Pause time.Duration `json:"pause"`
	// Observed are the variants whose samples k6's output gets (see [RootModule.Switched]).
	Observed []string `json:"observed"`
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

func parseScore(lookup func(string) (string, bool), variants []string) (*Score, error) {
	text, ok := lookup(ScoreVariable)
	if !ok {
		return nil, errors.New(ScoreVariable + " is not set; the benchmark command sets it")
	}
	s := &Score{variants: variants}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return nil, fmt.Errorf("%s: %w", ScoreVariable, err)
	}
	if s.VUs < 1 || s.Rounds < 1 || s.PerVU < 1 || s.Turns < 1 || s.Output == "" || len(variants) == 0 {
		return nil, errors.New(ScoreVariable + ": vus, rounds, per_vu and turns must be 1 or more, output a file, and variants given")
	}
	shuffle := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) // #nosec G404 -- shuffles blocks
	s.plan = block.Plan(len(variants), s.Rounds+1, shuffle)
	return s, nil
}

// units is the work in one block.
func (s *Score) units() int { return s.VUs * s.PerVU * s.Turns }
