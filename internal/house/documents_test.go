// SPDX-License-Identifier: GPL-2.0-or-later

package house

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the files that people read, with their text; CHANGELOG.md speaks of what is gone.
func documents(t *testing.T, files []string) map[string]string {
	docs := map[string]string{}
	for _, name := range files {
		if !strings.HasSuffix(name, ".md") || name == "CHANGELOG.md" {
			continue
		}
		if text, err := os.ReadFile(filepath.Join(root, name)); err == nil {
			docs[name] = string(text)
		}
	}
	if len(docs) < 10 {
		t.Fatalf("only %d documents", len(docs))
	}
	return docs
}

// anchors are what links of GitHub's can name in a document: its headings, in lower case, without punctuation.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		a := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		found[strings.ReplaceAll(a, " ", "-")] = true
	}
	return found
}

// brokenLinks lists links of a document to files, or headings of documents, that are not there.
func brokenLinks(name, text string, exists func(string) bool, docs map[string]string) (broken []string) {
	for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
		file, anchor, _ := strings.Cut(m[1], "#")
		if strings.Contains(m[1], "://") {
			continue
		}
		to := name
		if file != "" {
			to = path.Join(path.Dir(name), file)
		}
		if !exists(to) || anchor != "" && !anchors(docs[to])[anchor] {
			broken = append(broken, m[1])
		}
	}
	return broken
}

// placeholder is a name in capitals, which the reader puts something in place of.
var placeholder = regexp.MustCompile(`/[A-Z]{2,}\.`)

var fileName = regexp.MustCompile(`[\w.-]+(?:/[\w.*-]+)+\.(?:bpf\.c|c|h|S|inc|go|md|sh|mk|yml|yaml|json|jsonl|csv|txt|hex|ld|elf|svg)\b`)

// missingFiles lists names of files in a text that begin with a folder of the repository, or of the document, and are not there.
func missingFiles(name, text string, exists func(string) bool) (missing []string) {
	for _, at := range fileName.FindAllStringIndex(text, -1) {
		file := text[at[0]:at[1]]
		folder, _, _ := strings.Cut(file, "/")
		if placeholder.MatchString(file) || at[0] > 0 && strings.ContainsRune("/…@:", rune(text[at[0]-1])) || !exists(folder) || exists(file) || exists(path.Join(path.Dir(name), file)) {
			continue
		}
		missing = append(missing, file)
	}
	return missing
}

var goTest = regexp.MustCompile(`go test (?:\S+ )*?(\./[\w/]+) -(?:run|fuzz|bench) '?([^\s\x60']+)`)

// goneTests lists commands in a text that name a test which no file of its package has. sources: the text of its tests.
func goneTests(text string, sources func(folder string) string) (gone []string) {
	for _, m := range goTest.FindAllStringSubmatch(text, -1) {
		function, _, _ := strings.Cut(m[2], "/") // what follows is a subtest
		name, err := regexp.Compile(`func (?:Test|Fuzz|Benchmark|Example)?\w*(?:` + strings.ReplaceAll(function, `\|`, "|") + `)\w*\(`)
		if err != nil || !name.MatchString(sources(path.Clean(m[1]))) {
			gone = append(gone, m[0])
		}
	}
	return gone
}

// goneTargets lists commands in a text that name a target which no makefile has.
func goneTargets(text, makefiles string) (gone []string) {
	for _, m := range regexp.MustCompile("(?:`|^ {4}|&& )make ([a-z][a-z-]+)(?:[` ]|$)").FindAllStringSubmatch(text, -1) {
		if !regexp.MustCompile(`(?m)^[^\t#\n=]*\b` + m[1] + `\b[^\n=:]*:`).MatchString(makefiles) {
			gone = append(gone, m[0])
		}
	}
	return gone
}

func TestDocumentsNameWhatThereIs(t *testing.T) {
	files := tracked(t)
	docs := documents(t, files)
	there := map[string]bool{".": true}
	tests, makefiles := map[string]string{}, ""
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted in the work tree
		}
		for p := name; p != "."; p = path.Dir(p) {
			there[p] = true
		}
		if strings.HasSuffix(name, "_test.go") {
			tests[path.Dir(name)] += string(text)
		}
		if path.Base(name) == "Makefile" || strings.HasSuffix(name, ".mk") {
			makefiles += string(text)
		}
	}
	exists := func(name string) bool {
		if !strings.Contains(name, "*") {
			return there[path.Clean(name)]
		}
		found, _ := filepath.Glob(filepath.Join(root, name))
		return len(found) > 0
	}
	for name, text := range docs {
		for _, b := range brokenLinks(name, text, exists, docs) {
			t.Errorf("%s: the link (%s) leads nowhere", name, b)
		}
		for _, m := range missingFiles(name, text, exists) {
			t.Errorf("%s: there is no %s", name, m)
		}
		for _, g := range goneTests(text, func(folder string) string { return tests[folder] }) {
			t.Errorf("%s: no test for: %s", name, g)
		}
		for _, line := range strings.Split(text, "\n") {
			for _, g := range goneTargets(line, makefiles) {
				t.Errorf("%s: no makefile has the target of: %s", name, g)
			}
		}
	}
}

func TestWrongNamesInDocumentsAreFound(t *testing.T) {
	exists := func(name string) bool { return name == "vm" || name == "vm/vm.c" || name == "docs/a.md" }
	docs := map[string]string{"docs/a.md": "# One, two\n"}
	sources := func(string) string { return "func TestLinear(t *testing.T) {" }
	for _, c := range []struct{ text, wrong string }{
		{"[a](a.md) [b](#one-two) [c](https://x/y.md) `vm/vm.c`, other/file.c", ""},
		{"[a](b.md)", "b.md"},
		{"[a](a.md#three)", "a.md#three"},
		{"see `vm/gone.c`, not vm/NAME.c", "vm/gone.c"},
		{"`go test ./vm -run 'Linear|X' -v`", ""},
		{"`go test ./vm -run Gone`", "go test ./vm -run Gone"},
		{"`make check`", ""},
		{"`make gone`", "`make gone`"},
	} {
		var all []string
		all = append(all, brokenLinks("docs/a.md", c.text, exists, docs)...)
		all = append(all, missingFiles("docs/a.md", c.text, exists)...)
		all = append(all, goneTests(c.text, sources)...)
		all = append(all, goneTargets(c.text, ".PHONY: x\ncheck: y\n")...)
		if got := strings.Join(all, " "); got != c.wrong {
			t.Errorf("%s: found %q, not %q", c.text, got, c.wrong)
		}
	}
}
