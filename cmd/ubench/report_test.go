// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/report"
)

// fakeReport writes a report of a fake target and returns its file name.
func fakeReport(t *testing.T, target string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made", "here")
	status, stdout, stderr := ubench(t.Context(), "", "report", "-o", dir, "--target", target, "--reproducible")
	file := filepath.Join(dir, report.PageName)
	if strings.TrimSpace(stdout) != file {
		t.Fatalf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Fatalf("the folder has %v, %v", files, err)
	}
	return file
}

func TestReportStandsAlone(t *testing.T) {
	data, err := os.ReadFile(fakeReport(t, "fake:cycles"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	if m := regexp.MustCompile(`(src|href)="(https?:|//|/|file:)[^"]*"|@import|<script|url\(`).FindString(page); m != "" {
		t.Errorf("the page fetches: %s", m)
	}
	if n := strings.Count(page, "<svg role=\"img\""); n != strings.Count(page, "<figure ") || n < 8 {
		t.Errorf("%d drawings", n)
	}
	for _, bad := range []string{"NaN", "Inf<", "ZgotmplZ", "<no value>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{"geometric mean", "ubench run --all", "cortex-m4", "modelled, zero wait states", "eBPF &#39;24"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// A wrong answer is in the report as such, and its number is not.
func TestReportOfWrongAnswers(t *testing.T) {
	data, err := os.ReadFile(fakeReport(t, "fake:wrong"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "wrong answer") {
		t.Error("the page does not say that answers are wrong")
	}
}

// probe tells in the page's title which figures can be seen.
const probe = `<script>
const seen = [...document.querySelectorAll("figure svg")].filter(s => {
	const r = s.getBoundingClientRect();
	return r.width > 300 && r.height > 80 && s.querySelectorAll("text").length > 5;
});
document.title = "seen " + seen.length + " of " + document.querySelectorAll("figure").length +
	(document.documentElement.scrollWidth > innerWidth ? ", wider than the window" : "");
</script></body>`

func TestReportInBrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no Chromium: apt-get install chromium")
	}
	file := fakeReport(t, "fake:cycles")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), "</body>", probe, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for _, width := range []string{"1200", "500"} {
		cmd := exec.CommandContext(ctx, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
			"--enable-logging=stderr", "--window-size="+width+",900", "--dump-dom", "file://"+file)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		dom, err := cmd.Output()
		if err != nil {
			t.Skipf("%s does not run here: %v", browser, err)
		}
		title := regexp.MustCompile(`<title>(.*)</title>`).FindStringSubmatch(string(dom))
		if title == nil || !regexp.MustCompile(`^seen (\d+) of (\d+)$`).MatchString(title[1]) {
			t.Fatalf("width %s: %q", width, title)
		}
		if n := strings.Fields(title[1]); n[1] != n[3] || n[1] == "0" {
			t.Errorf("width %s: %s figures", width, title[1])
		}
		if errors := regexp.MustCompile(`(?m)^.*CONSOLE.*$`).FindAllString(stderr.String(), -1); errors != nil {
			t.Errorf("width %s: the console says %q", width, errors)
		}
	}
}

// What cannot be written is one line, and an interrupted run leaves nothing behind.
func TestReportAndFiguresThatFail(t *testing.T) {
	for _, command := range []string{"report", "figures"} {
		file := filepath.Join(t.TempDir(), "file")
		write(t, file, nil)
		status, _, stderr := ubench(t.Context(), "", command, "-o", file)
		if status != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, file) {
			t.Errorf("%s to a file: status %d, %q", command, status, stderr)
		}
		if os.Getuid() != 0 {
			locked := t.TempDir()
			if err := os.Chmod(locked, 0o500); err != nil {
				t.Fatal(err)
			}
			if status, _, stderr := ubench(t.Context(), "", command, "-o", locked); status != 1 || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s to a locked folder: status %d, %q", command, status, stderr)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		dir := t.TempDir()
		status, _, stderr = ubench(ctx, "", command, "-o", dir)
		if left, err := os.ReadDir(dir); status != exitInterrupted || err != nil || len(left) != 0 {
			t.Errorf("%s interrupted: status %d, %q, %v left", command, status, stderr, left)
		}
		if status, _, stderr := ubench(t.Context(), "", command, "extra"); status != exitUsage || !strings.Contains(stderr, `"extra"`) {
			t.Errorf("%s extra: status %d, %q", command, status, stderr)
		}
	}
}
