// SPDX-License-Identifier: GPL-2.0-or-later

package house

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// uses says which files of a folder use which others of it.
type uses map[string]map[string]bool

func (u uses) add(from, to string) {
	if from == to {
		return
	}
	if u[from] == nil {
		u[from] = map[string]bool{}
	}
	u[from][to] = true
}

// circles lists the files that use each other, however indirectly: each list is one knot that can only be read as a whole.
func (u uses) circles() (knots [][]string) {
	reach := map[string]map[string]bool{}
	for file := range u {
		seen := map[string]bool{}
		for next := slices.Collect(maps.Keys(u[file])); len(next) > 0; next = next[1:] {
			if !seen[next[0]] {
				seen[next[0]] = true
				next = slices.AppendSeq(next, maps.Keys(u[next[0]]))
			}
		}
		reach[file] = seen
	}
	done := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(u)) {
		if done[file] || !reach[file][file] {
			continue
		}
		var knot []string
		for other := range reach[file] {
			if reach[other][file] {
				knot = append(knot, other)
				done[other] = true
			}
		}
		slices.Sort(knot)
		knots = append(knots, knot)
	}
	return knots
}

func TestNoCirclesBetweenFiles(t *testing.T) {
	var folders []string
	for _, name := range tracked(t) {
		if dir := path.Dir(name); !strings.Contains(dir, "testdata") && !slices.Contains(folders, dir) && regexp.MustCompile(`\.(go|c)$`).MatchString(name) {
			folders = append(folders, dir)
		}
	}
	if len(folders) < 50 {
		t.Fatalf("only %d folders", len(folders))
	}
	for _, dir := range folders {
		for _, u := range []uses{usesOfGo(t, dir), usesOfC(t, dir)} {
			for _, knot := range u.circles() {
				t.Errorf("%s: these files use each other: %s", dir, strings.Join(knot, " "))
			}
		}
	}
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	p.MarkComplete()
	return p, nil
}

// usesOfGo looks up what names in a package's files mean. What other packages have does not matter.
func usesOfGo(t *testing.T, dir string) uses {
	t.Helper()
	u := uses{}
	pkg, err := build.ImportDir(filepath.Join(root, dir), 0)
	if err != nil {
		return u // C only
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range append(pkg.GoFiles, pkg.CgoFiles...) {
		f, err := parser.ParseFile(set, filepath.Join(root, dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}, FakeImportC: true}
	checked, _ := config.Check(dir, set, files, info)
	for name, object := range info.Uses {
		if object.Pkg() != checked || !object.Pos().IsValid() {
			continue
		}
		if f, ok := object.(*types.Func); object.Parent() != checked.Scope() && (!ok || f.Signature().Recv() == nil) {
			continue // a local name, or a field
		}
		u.add(filepath.Base(set.Position(name.Pos()).Filename), filepath.Base(set.Position(object.Pos()).Filename))
	}
	return u
}

var (
	comments    = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"`)
	tags        = regexp.MustCompile(`\b(struct|enum|union)\s+\w+`) // types may be called like functions
	definition  = regexp.MustCompile(`(?m)^(?:[A-Za-z_][\w \t*]*?[ \t*])?(\w+)\([^;{}]*\)\s*\{`)
	constant    = regexp.MustCompile(`(?m)^const struct \w+ (\w+)\s*(?:\[[^\]]*\])?\s*=`)
	notCallable = regexp.MustCompile(`^(if|for|while|switch|return|main|[A-Z_0-9]+|ub_port_\w+|agent_port_\w+|os_\w+)$`)
)

// usesOfC finds functions by how they are written: at the beginning of a line, and not static. What a port header declares
// (ub_port_, agent_port_, os_) is for whoever the code runs on to define.
func usesOfC(t *testing.T, dir string) uses {
	t.Helper()
	u := uses{}
	names, err := filepath.Glob(filepath.Join(root, dir, "*.c"))
	if err != nil {
		t.Fatal(err)
	}
	texts, defines := map[string]string{}, map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, text := filepath.Base(name), comments.ReplaceAllString(string(data), " ")
		texts[file] = text
		for _, m := range append(definition.FindAllStringSubmatch(text, -1), constant.FindAllStringSubmatch(text, -1)...) {
			if !strings.HasPrefix(m[0], "static") && !strings.Contains(m[0], " static ") && !notCallable.MatchString(m[1]) {
				defines[m[1]] = file
			}
		}
	}
	for file, text := range texts {
		for _, word := range regexp.MustCompile(`\w+`).FindAllString(tags.ReplaceAllString(text, " "), -1) {
			if owner := defines[word]; owner != "" {
				u.add(file, owner)
			}
		}
	}
	return u
}

func TestCirclesAreFound(t *testing.T) {
	u := uses{}
	for _, edge := range []string{"a b", "b c", "c a", "d a", "c e", "f g", "g f", "h h"} {
		from, to, _ := strings.Cut(edge, " ")
		u.add(from, to)
	}
	if got := fmt.Sprint(u.circles()); got != "[[a b c] [f g]]" {
		t.Error(got)
	}
}
