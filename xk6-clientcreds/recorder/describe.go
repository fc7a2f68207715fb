package recorder

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"runtime"
	"slices"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// describe notes what is known of the run before it begins.
func (r *recorder) describe(params output.Params) error {
	o := params.ScriptOptions
	scenarios, err := scenarios(o)
	if err != nil {
		return err
	}
	run := runrecord.Run{Scenarios: scenarios, Tags: maps.Clone(o.RunTags), Commit: r.options.Commit}
	if params.ScriptPath != nil {
		run.Script = path.Base(params.ScriptPath.Path)
	}
	for side, prefix := range map[runrecord.Side]string{runrecord.Base: "BASE_", runrecord.Head: "HEAD_"} {
		commit := params.Environment[prefix+commitVariable]
		if err := checkCommit(prefix+commitVariable, commit); err != nil {
			return err
		}
		if commit != "" {
			if run.Commits == nil {
				run.Commits = make(map[runrecord.Side]string)
			}
			run.Commits[side] = commit
		}
	}
	if run.Commit == "" && params.ScriptPath != nil && params.ScriptPath.Scheme == "file" {
		run.Commit, run.Modified = workTree(filepath.Dir(filepath.FromSlash(params.ScriptPath.Path)))
	}
	instance := runrecord.Instance{
		K6: procinfo.VersionOf(procinfo.K6Module), Extension: procinfo.VersionOf(procinfo.ExtensionModule),
		Go: runtime.Version(),
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: procinfo.CPUModel(),
		CPUs: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		Connection: runrecord.Connection{
			NoReuse: o.NoConnectionReuse.Bool, NoVUReuse: o.NoVUConnectionReuse.Bool,
		},
	}
	if o.ExecutionSegment != nil {
		instance.Segment = o.ExecutionSegment.String()
	}
	r.frame = runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version, Run: run, Instances: []runrecord.Instance{instance},
	}
	return nil
}

// configOptions are the options of executors that a record has. Others, such as env and tags, hold
// what a script is told.
var configOptions = []string{
	"duration", "gracefulRampDown", "gracefulStop", "iterations", "maxDuration", "maxVUs", "preAllocatedVUs",
	"rate", "stages", "startRate", "startTime", "startVUs", "timeUnit", "vus",
}

func scenarios(o lib.Options) ([]runrecord.Scenario, error) {
	all := []runrecord.Scenario{}
	for _, config := range o.Scenarios.GetSortedConfigs() {
		text, err := json.Marshal(config)
		if err != nil {
			return nil, fmt.Errorf("scenario %q: %w", config.GetName(), err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			return nil, fmt.Errorf("scenario %q: %w", config.GetName(), err)
		}
		maps.DeleteFunc(fields, func(name string, value any) bool {
			return value == nil || !slices.Contains(configOptions, name)
		})
		all = append(all, runrecord.Scenario{
			Name: config.GetName(), Executor: config.GetType(), Exec: config.GetExec(), Config: fields,
		})
	}
	return all, nil
}
