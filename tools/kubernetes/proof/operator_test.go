package proof

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// testRun holds the fields of a TestRun that the operator reads, or passes on to pods.
type testRun struct {
	Metadata struct{ Name, Namespace, UID string }
	Spec     struct {
		Parallelism int
		Script      struct {
			LocalFile string
			ConfigMap struct{ Name, File string }
		}
		Arguments       string
		Ports           []any
		Initializer     struct{ Disabled bool }
		Runner, Starter pod
	}
	Status struct{ Stage string }
}

type pod struct {
	Image                        string
	AutomountServiceAccountToken string
	SecurityContext              map[string]any
	ContainerSecurityContext     map[string]any
	Env, EnvFrom                 []any
	Volumes, VolumeMounts        []any
	Resources                    map[string]any
	Metadata                     struct{ Annotations, Labels object }
}

type object = map[string]any

// operator does what the k6-operator 1.6.0 does with a TestRun whose initializer is disabled: a Job and a Service for each runner, a
// Job that starts them once all of them answer, and the stages.
type operator struct {
	api    *api
	stop   chan struct{}
	done   sync.WaitGroup
	failed error
}

func startOperator(a *api) *operator {
	o := &operator{api: a, stop: make(chan struct{})}
	o.done.Go(func() {
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-o.stop:
				tick.Stop()
				return
			case <-tick.C:
				o.failed = o.reconcile() // tried again, as the operator does
			}
		}
	})
	return o
}

func (o *operator) close() error {
	close(o.stop)
	o.done.Wait()
	return o.failed
}

func (o *operator) reconcile() error {
	var runs struct{ Items []testRun }
	if err := o.api.call(http.MethodGet, "/apis/k6.io/v1alpha1/testruns", nil, &runs); err != nil {
		return err
	}
	for _, run := range runs.Items {
		var err error
		switch run.Status.Stage {
		case "":
			if !run.Spec.Initializer.Disabled {
				return fmt.Errorf("%s: only TestRuns without an initializer are known here", run.Metadata.Name)
			}
			err = o.enter(run, "initialized")
		case "initialized":
			err = o.create(run)
		case "created":
			err = o.begin(run)
		case "started":
			err = o.finish(run)
		}
		if err != nil && !strings.Contains(err.Error(), "404 Not Found") { // deleted meanwhile
			return err
		}
	}
	return nil
}

func (o *operator) enter(run testRun, stage string) error {
	path := "/apis/k6.io/v1alpha1/namespaces/" + run.Metadata.Namespace + "/testruns/" + run.Metadata.Name + "/status"
	return o.api.call(http.MethodPatch, path, object{"status": object{"stage": stage}}, nil)
}

// create makes the runners. They wait for the starter.
func (o *operator) create(run testRun) error {
	for index := 1; index <= run.Spec.Parallelism; index++ {
		if err := o.add(run, "/api/v1/", "services", service(run, index)); err != nil {
			return err
		}
		if err := o.add(run, "/apis/batch/v1/", "jobs", runner(run, index)); err != nil {
			return err
		}
	}
	return o.enter(run, "created")
}

func (o *operator) add(run testRun, group, kind string, made object) error {
	made["metadata"].(object)["ownerReferences"] = []object{{
		"apiVersion": "k6.io/v1alpha1", "kind": "TestRun", "name": run.Metadata.Name, "uid": run.Metadata.UID,
		"controller": true, "blockOwnerDeletion": true,
	}}
	err := o.api.call(http.MethodPost, group+"namespaces/"+run.Metadata.Namespace+"/"+kind, made, nil)
	if err != nil && strings.Contains(err.Error(), "409 Conflict") {
		return nil // by an attempt before this one
	}
	return err
}

// begin starts the runners when all of them run and answer.
func (o *operator) begin(run testRun) error {
	selector := "?labelSelector=app%3Dk6,k6_cr%3D" + run.Metadata.Name + ",runner%3Dtrue"
	namespace := "/api/v1/namespaces/" + run.Metadata.Namespace
	var pods struct {
		Items []struct{ Status struct{ Phase string } }
	}
	if err := o.api.call(http.MethodGet, namespace+"/pods"+selector, nil, &pods); err != nil {
		return err
	}
	running := 0
	for _, p := range pods.Items {
		if p.Status.Phase == "Running" {
			running++
		}
	}
	var services struct {
		Items []struct{ Spec struct{ ClusterIP string } }
	}
	if err := o.api.call(http.MethodGet, namespace+"/services"+selector, nil, &services); err != nil {
		return err
	}
	if running != run.Spec.Parallelism {
		return nil
	}
	var hosts []string
	for _, s := range services.Items {
		client := http.Client{Timeout: 2 * time.Second}
		response, err := client.Get("http://" + s.Spec.ClusterIP + ":6565/v1/status")
		if err != nil || response.Body.Close() != nil || response.StatusCode >= http.StatusBadRequest {
			return nil
		}
		hosts = append(hosts, s.Spec.ClusterIP)
	}
	if err := o.add(run, "/apis/batch/v1/", "jobs", starter(run, hosts)); err != nil {
		return err
	}
	return o.enter(run, "started")
}

// finish takes a run for finished when no runner is active, no matter how it ended.
func (o *operator) finish(run testRun) error {
	var jobs struct {
		Items []struct{ Status struct{ Active int } }
	}
	path := "/apis/batch/v1/namespaces/" + run.Metadata.Namespace + "/jobs?labelSelector=app%3Dk6,k6_cr%3D" + run.Metadata.Name + ",runner%3Dtrue"
	if err := o.api.call(http.MethodGet, path, nil, &jobs); err != nil {
		return err
	}
	for _, j := range jobs.Items {
		if j.Status.Active != 0 {
			return nil
		}
	}
	return o.enter(run, "finished")
}
