package proof

import (
	"fmt"
	"maps"
	"strings"
)

// labels are the operator's own labels, and the labels that the TestRun sets for these pods.
func labels(run testRun, spec pod, more object) object {
	all := object{}
	maps.Copy(all, spec.Metadata.Labels)
	maps.Copy(all, object{"app": "k6", "k6_cr": run.Metadata.Name})
	maps.Copy(all, more)
	return all
}

// segments are k6's flags for the share of one runner.
func segments(index, total int) string {
	share := func(n int) string {
		switch n {
		case 0:
			return "0"
		case total:
			return "1"
		}
		return fmt.Sprintf("%d/%d", n, total)
	}
	var sequence []string
	for n := range total + 1 {
		sequence = append(sequence, share(n))
	}
	return fmt.Sprintf("--execution-segment=%s:%s --execution-segment-sequence=%s", share(index-1), share(index), strings.Join(sequence, ","))
}

func runner(run testRun, index int) object {
	spec, name := run.Spec.Runner, fmt.Sprintf("%s-%d", run.Metadata.Name, index)
	script, volumes, mounts := run.Spec.Script.LocalFile, spec.Volumes, spec.VolumeMounts
	check := ""
	if script != "" {
		check = fmt.Sprintf("if [ ! -f %s ]; then echo \"LocalFile not found exiting...\"; exit 1; fi;\n", script)
	} else {
		source := run.Spec.Script.ConfigMap
		script = "/test/" + source.File
		volumes = append([]any{object{"name": "k6-test-volume", "configMap": object{"name": source.Name}}}, volumes...)
		mounts = append([]any{object{"name": "k6-test-volume", "mountPath": "/test"}}, mounts...)
	}
	command := fmt.Sprintf("%sk6 run --quiet %s %s %s --address=0.0.0.0:6565 --paused --tag instance_id=%d --tag testrun_name=%s",
		check, segments(index, run.Spec.Parallelism), run.Spec.Arguments, script, index, run.Metadata.Name)
	probe := object{"httpGet": object{"path": "/v1/status", "port": 6565, "scheme": "HTTP"}}
	container := object{
		"name": "k6", "image": spec.Image, "command": []string{"sh", "-c", command}, "env": spec.Env, "envFrom": spec.EnvFrom,
		"resources": spec.Resources, "volumeMounts": mounts, "ports": append([]any{object{"containerPort": 6565}}, run.Spec.Ports...),
		"livenessProbe": probe, "readinessProbe": probe, "securityContext": spec.ContainerSecurityContext,
	}
	return job(run, name, labels(run, spec, object{"runner": "true"}), spec, container, object{"hostname": name, "volumes": volumes})
}

func starter(run testRun, hosts []string) object {
	const resume = `{"data":{"attributes":{"paused":false},"id":"default","type":"status"}}`
	var commands []string
	for _, host := range hosts {
		commands = append(commands, fmt.Sprintf("curl --retry 3 -X PATCH -H 'Content-Type: application/json' http://%s:6565/v1/status -d '%s'", host, resume))
	}
	spec := run.Spec.Starter
	if spec.Image == "" {
		spec.Image = starterImage
	}
	container := object{
		"name": "k6-curl", "image": spec.Image, "command": []string{"sh", "-c", strings.Join(commands, ";")},
		"resources": object{
			"requests": object{"cpu": "50m", "memory": "2097152"}, "limits": object{"cpu": "100m", "memory": "209715200"},
		},
		"securityContext": spec.ContainerSecurityContext,
	}
	return job(run, run.Metadata.Name+"-starter", labels(run, spec, nil), spec, container, nil)
}

func job(run testRun, name string, labels object, spec pod, container, more object) object {
	template := object{
		"automountServiceAccountToken": spec.AutomountServiceAccountToken != "false",
		"serviceAccountName":           "default", "restartPolicy": "Never", "containers": []object{container},
	}
	if spec.SecurityContext != nil {
		template["securityContext"] = spec.SecurityContext
	}
	maps.Copy(template, more)
	return object{
		"apiVersion": "batch/v1", "kind": "Job",
		"metadata": object{
			"name": name, "namespace": run.Metadata.Namespace, "labels": labels, "annotations": spec.Metadata.Annotations,
		},
		"spec": object{"backoffLimit": 0, "template": object{
			"metadata": object{"labels": labels, "annotations": spec.Metadata.Annotations}, "spec": template,
		}},
	}
}

func service(run testRun, index int) object {
	return object{
		"apiVersion": "v1", "kind": "Service",
		"metadata": object{
			"name": fmt.Sprintf("%s-service-%d", run.Metadata.Name, index), "namespace": run.Metadata.Namespace,
			"labels":      labels(run, run.Spec.Runner, object{"runner": "true"}),
			"annotations": run.Spec.Runner.Metadata.Annotations, // of the pods, also here
		},
		"spec": object{
			"selector": object{"job-name": fmt.Sprintf("%s-%d", run.Metadata.Name, index)},
			"ports":    []object{{"name": "http-api", "port": 6565, "protocol": "TCP"}},
		},
	}
}
