// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const modulePath = "github.com/ubench-dev/ubench"

// moduleProxy is a module proxy in a folder, with what git has, or would add, of this module as version v0.0.0: what people get with
// go install and go get.
func moduleProxy(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	dir := filepath.Join(t.TempDir(), modulePath, "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": "v0.0.0\n", "v0.0.0.info": `{"Version":"v0.0.0","Time":"2026-01-01T00:00:00Z"}`, "v0.0.0.mod": string(mod),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(filepath.Join(dir, "v0.0.0.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name := range strings.FieldsSeq(string(names)) {
		if info, err := os.Lstat(filepath.Join(root, name)); err != nil || !info.Mode().IsRegular() {
			continue
		}
		w, err := z.Create(path.Join(modulePath+"@v0.0.0", name))
		if err != nil {
			t.Fatal(err)
		}
		in, err := os.Open(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, in); err != nil {
			t.Fatal(err)
		}
		in.Close()
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(dir, filepath.Join(modulePath, "@v"))
}

// goCommand runs go in an empty folder, where this module comes from the proxy, and others from where they always come from.
func goCommand(t *testing.T, proxy, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "GOPROXY=file://"+proxy+","+goEnv(t, "GOPROXY"), "GOSUMDB=off",
		"GOFLAGS=-mod=mod -modcacherw", "GOWORK=off", "GOMODCACHE="+filepath.Join(dir, "mod"), "GOPRIVATE=")...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// go install gives a ubench that runs, from what is committed alone; where libunicorn is missing, the error says what to install.
// It compiles everything once more, in minutes: UBENCH_INSTALL=1.
func TestGoInstall(t *testing.T) {
	if os.Getenv("UBENCH_INSTALL") == "" {
		t.Skip("UBENCH_INSTALL=1 compiles everything once more")
	}
	from := moduleProxy(t)
	// Other modules are those that are here already.
	local := "file://" + filepath.Join(goEnv(t, "GOMODCACHE"), "cache/download")
	t.Setenv("GOPROXY", local)
	t.Run("installed", func(t *testing.T) {
		dir := t.TempDir()
		if out, err := goCommand(t, from, dir, []string{"GOBIN=" + dir}, "install", modulePath+"/cmd/ubench@latest"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		out, err := exec.Command(filepath.Join(dir, "ubench"), "run", "fletcher16", "--sizes", "80", "--engines", "vm", "--format", "bench").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "BenchmarkFletcher16/size=80/engine=vm") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("imported", func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "go.mod"), []byte("module example.com/mine\n\ngo 1.26\n\nrequire "+modulePath+" v0.0.0\n"))
		example, err := os.ReadFile("../../example_test.go")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "example_test.go"), example)
		if out, err := goCommand(t, from, dir, nil, "test", "."); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("no libunicorn", func(t *testing.T) {
		dir := t.TempDir()
		// A compiler that finds headers of the C library only.
		cc := filepath.Join(dir, "cc")
		script := "#!/bin/sh\nexec gcc -imacros " + filepath.Join(dir, "none.h") + " \"$@\" -w\n"
		write(t, filepath.Join(dir, "none.h"), []byte("#define __has_include(x) 0\n"))
		if err := os.WriteFile(cc, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := goCommand(t, from, dir, []string{"GOBIN=" + dir, "CC=" + cc}, "install", modulePath+"/cmd/ubench@latest")
		if err == nil || !strings.Contains(out, "libunicorn 2 is missing") || !strings.Contains(out, "apt install libunicorn-dev") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
