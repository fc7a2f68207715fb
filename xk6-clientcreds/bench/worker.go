package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
)

// worker does one kind of work, in a process that does nothing else.
type worker struct {
	name  string
	units int // in a block
	work  func() error
	turns int // how often work is done in a block
}

// inProcess returns what was measured in this program under another name.
func (b *bench) inProcess(ctx context.Context, role string, rounds int) (*block.Run, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintln(b.log, role)
	run, err := measuredBy(command(ctx, self, []string{role, strconv.Itoa(rounds)}, nil))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", role, err)
	}
	return run, nil
}

// measuredBy returns what a process says on its standard output that it measured.
func measuredBy(cmd *exec.Cmd) (*block.Run, error) {
	text, err := outputOf(cmd)
	if err != nil {
		return nil, err
	}
	run := new(block.Run)
	return run, json.Unmarshal(text, run)
}

// outputOf returns the standard output of a process. The error has the end of its standard error.
func outputOf(cmd *exec.Cmd) ([]byte, error) {
	var failure bytes.Buffer
	cmd.Stderr = &failure
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, tail(failure.String()))
	}
	return text, nil
}

// measureWorkers measures so many rounds and writes them to stdout.
func measureWorkers(workers []worker, rounds string, stdout io.Writer) error {
	n, err := strconv.Atoi(rounds)
	if err != nil {
		return err
	}
	meter := block.NewMeter()
	shuffle := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) // #nosec G404 -- shuffles blocks
	for i, next := range block.Plan(len(workers), n+1, shuffle) {
		if i%len(workers) == 0 {
			meter.Collect()
		}
		if err := workers[next].block(meter, i/len(workers)); err != nil {
			return err
		}
	}
	return json.NewEncoder(stdout).Encode(meter.Run())
}

// block measures one block.
func (w *worker) block(meter *block.Meter, round int) error {
	meter.Start()
	for range w.turns {
		if err := w.work(); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	meter.Lap()
	meter.Stop(w.name, round, w.units, nil)
	return nil
}
