// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/examples"
)

// compiler is a clang that makes eBPF, and a folder with the header of the helpers.
type compiler struct {
	clang   string
	include string
}

// clangs are the names to look for, the version that objects are committed from first.
var clangs = []string{"clang-19", "clang-20", "clang-21", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang"}

// findClang finds a compiler; close removes what it needed.
func findClang(ctx context.Context) (*compiler, error) {
	why := "no clang is installed"
	for _, name := range clangs {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		targets, err := exec.CommandContext(ctx, path, "--print-targets").Output()
		if err != nil || !bytes.Contains(targets, []byte("bpfel")) {
			why = path + " cannot make eBPF"
			continue
		}
		include, err := headers()
		if err != nil {
			return nil, err
		}
		return &compiler{path, include}, nil
	}
	return nil, fmt.Errorf("%s: install clang-19 (apt-get install clang-19)", why)
}

// headers makes a temporary folder with the headers of examples.Include.
func headers() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "ubench"); err != nil {
		return "", err
	}
	if err = os.CopyFS(dir, examples.Include); err != nil {
		os.RemoveAll(dir)
	}
	return dir, err
}

func (cc *compiler) close() { os.RemoveAll(cc.include) }

// compile compiles one file. Warnings, and the errors of a file that is wrong, are clang's own text.
func (cc *compiler) compile(ctx context.Context, source string, flags []string) (object, messages []byte, err error) {
	if _, err := os.Stat(source); err != nil {
		return nil, nil, err
	}
	out := filepath.Join(cc.include, "out.o")
	include := filepath.Join(cc.include, "include")
	// The C library's headers are for this computer; clang's own, and those ubench brings, are for any. Whatever
	// the temporary folder is called, objects are the same.
	args := slices.Concat([]string{"--target=bpfel", "-Wall", "-nostdlibinc", "-ffile-prefix-map=" + cc.include + "=ubench", "-c", "-o", out}, flags,
		[]string{"-I" + include, "-isystem", filepath.Join(include, "plain"), asFile(source)})
	cmd := exec.CommandContext(ctx, cc.clang, args...)
	messages, err = cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		advice := ""
		if bytes.Contains(messages, []byte("' file not found")) {
			advice = "; ubench build --help lists the headers there are, and --cflags -I names folders with more"
		}
		return nil, messages, fmt.Errorf("%s: %s cannot compile it%s", source, filepath.Base(cc.clang), advice)
	}
	if err != nil {
		return nil, messages, err
	}
	object, err = os.ReadFile(out)
	return object, messages, err
}

// asFile keeps a name that begins with a dash from being taken for a flag.
func asFile(name string) string {
	if strings.HasPrefix(name, "-") {
		return "./" + name
	}
	return name
}
