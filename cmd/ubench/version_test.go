// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// The binary of the tests is the program itself if this variable says so.
const envMain = "UBENCH_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(envMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestReleaseIsTheOneOfTheChangelog(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	first := regexp.MustCompile(`(?m)^## (\S+) \((\S+)\)$`).FindStringSubmatch(string(text))
	if first == nil || first[1] != release || first[2] != released {
		t.Errorf("CHANGELOG.md begins with %q, the program is %s of %s", first, release, released)
	}
	status, stdout, _ := ubench(t.Context(), "", "--version")
	if !regexp.MustCompile(`^ubench \d+\.\d+\.\d+\+\S+\n$`).MatchString(stdout) || status != exitOK {
		t.Errorf("--version prints %q", stdout)
	}
	if status, stdout, _ = ubench(t.Context(), "", "version"); status != exitOK || !strings.Contains(stdout, release) || !strings.Contains(stdout, "libunicorn") {
		t.Errorf("version prints %q", stdout)
	}
}

// A signal ends a command, though it waits for input, with 128 and the signal's number.
func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := exec.Command(os.Args[0], "exec", "--batch", "-", "--target", "host")
		cmd.Env = append(os.Environ(), envMain+"=1")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(in, `{"program": "9500000000000000"}`)
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, `"ok"`) {
			t.Errorf("%q, %v", line, err)
		}
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		in.Close()
		if status := cmd.ProcessState.ExitCode(); status != 128+int(s) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: status %d, %q", s, status, stderr.String())
		}
	}
}

func TestInterruptedReader(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	in := &interruptible{ctx: ctx, r: r}
	go fmt.Fprint(w, "some text")
	buf := make([]byte, 4)
	if n, err := io.ReadFull(in, buf); n != 4 || err != nil || string(buf) != "some" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if n, err := io.ReadFull(in, make([]byte, 5)); n != 5 || err != nil {
		t.Error(n, err)
	}
	cancel()
	if _, err := in.Read(buf); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
