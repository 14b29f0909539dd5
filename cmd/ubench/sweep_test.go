// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// decode reads a YAML file of the repository; members that `into` lacks are ignored, except where strict.
func decode(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", file))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// job is a Kubernetes Job (batch/v1), as far as the manifests here use it: a member that is misspelt is an error.
type job struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Completions, Parallelism int
		CompletionMode           string `yaml:"completionMode"`
		BackoffLimit             *int   `yaml:"backoffLimit"`
		BackoffLimitPerIndex     *int   `yaml:"backoffLimitPerIndex"`
		MaxFailedIndexes         *int   `yaml:"maxFailedIndexes"`
		Template                 struct {
			Spec struct {
				RestartPolicy string `yaml:"restartPolicy"`
				Containers    []struct {
					Name, Image string
					Env         []struct{ Name, Value string }
					Command     []string
					Resources   struct{ Requests map[string]string }
					Mounts      []struct {
						Name      string
						MountPath string `yaml:"mountPath"`
						ReadOnly  bool   `yaml:"readOnly"`
					} `yaml:"volumeMounts"`
				}
				Volumes []struct {
					Name  string
					Claim struct {
						Name string `yaml:"claimName"`
					} `yaml:"persistentVolumeClaim"`
				}
			}
		}
	}
}

// runsIn runs a container's command with a folder in the place of /results, and ubench replaced by a script.
func runsIn(t *testing.T, command []string, results, ubench string, env ...string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "ubench"), []byte("#!/bin/sh\n"+ubench), 0o755); err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll(command[2], "/results", results)
	cmd := exec.Command("sh", command[1], script)
	cmd.Env = append(os.Environ(), append(env, "PATH="+bin+":"+os.Getenv("PATH"))...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// The manifests are Jobs that run every shard once, and their commands do what they are to do.
func TestKubernetesJobs(t *testing.T) {
	var sweep, merge job
	decode(t, "scripts/sweep/job.yml", &sweep)
	decode(t, "scripts/sweep/merge.yml", &merge)
	for _, j := range []*job{&sweep, &merge} {
		spec := j.Spec.Template.Spec
		if j.APIVersion != "batch/v1" || j.Kind != "Job" || len(spec.Containers) != 1 || spec.RestartPolicy != "Never" ||
			len(spec.Volumes) != 1 || len(spec.Containers[0].Mounts) != 1 || spec.Containers[0].Mounts[0].Name != spec.Volumes[0].Name {
			t.Fatalf("%s: %+v", j.Metadata.Name, j)
		}
	}
	c := sweep.Spec.Template.Spec.Containers[0]
	n := sweep.Spec.Completions
	if sweep.Spec.CompletionMode != "Indexed" || sweep.Spec.BackoffLimit != nil || c.Env[0].Name != "SHARDS" || c.Env[0].Value != strconv.Itoa(n) {
		t.Fatalf("%d completions, %+v", n, c)
	}
	results := t.TempDir()
	for i := range n {
		runsIn(t, c.Command, results, `echo "$@"`, "SHARDS="+c.Env[0].Value, fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i))
		got, err := os.ReadFile(filepath.Join(results, fmt.Sprintf("%d.json", i+1)))
		want := fmt.Sprintf("run --all --target unicorn:cortex-m4,unicorn:cortex-m3 --shard %d/%d --json\n", i+1, n)
		if err != nil || string(got) != want {
			t.Errorf("index %d runs ubench with %q, want %q (%v)", i, got, want, err)
		}
	}
	list := filepath.Join(results, "merged")
	runsIn(t, merge.Spec.Template.Spec.Containers[0].Command, results, `echo "$1 $#" >`+list)
	if got, _ := os.ReadFile(list); string(got) != fmt.Sprintf("merge %d\n", n+1) {
		t.Errorf("merging runs ubench with %q and that many arguments", got)
	}
}

// The matrix of the workflow has every shard once.
func TestSweepWorkflow(t *testing.T) {
	var w struct {
		Name        string
		On          any
		Permissions map[string]string
		Env         map[string]string
		Jobs        map[string]struct {
			RunsOn   string `yaml:"runs-on"`
			Timeout  int    `yaml:"timeout-minutes"`
			Needs    string
			Strategy struct {
				FailFast *bool `yaml:"fail-fast"`
				Matrix   struct {
					Shard   []int
					Package []string
				}
			}
			Env   map[string]string
			Steps []struct {
				Uses, Run, Name string
				With, Env       map[string]string
			}
		}
	}
	decode(t, ".github/workflows/sweep.yml", &w)
	for name, j := range w.Jobs {
		of := w.Env["SHARDS"]
		if shard := j.Env["UBENCH_SHARD"]; shard != "" {
			of = strings.TrimPrefix(shard, "${{ matrix.shard }}/")
		}
		for i, shard := range j.Strategy.Matrix.Shard {
			if shard != i+1 {
				t.Errorf("%s: shard %d is number %d", name, shard, i+1)
			}
		}
		if n := len(j.Strategy.Matrix.Shard); n > 0 && strconv.Itoa(n) != of {
			t.Errorf("%s: %d shards of %s", name, n, of)
		}
		for _, p := range j.Strategy.Matrix.Package {
			if _, err := os.Stat("../../internal/" + p); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, s := range j.Steps {
			if s.Uses != "" && len(strings.SplitN(s.Uses, "@", 2)[1]) != 40 {
				t.Errorf("%s: %s is not pinned to a commit", name, s.Uses)
			}
		}
	}
	if len(w.Jobs) != 3 || len(w.Jobs["measure"].Strategy.Matrix.Shard) == 0 || len(w.Jobs["campaign"].Strategy.Matrix.Shard) == 0 {
		t.Errorf("jobs: %v", w.Jobs)
	}
}
