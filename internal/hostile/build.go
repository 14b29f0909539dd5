// SPDX-License-Identifier: GPL-2.0-or-later

package hostile

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Change changes the source of the compiler: Old, which it has once, to New.
type Change struct {
	Old, New string
}

// Builder compiles the device's compiler anew, for the host: with a rule taken out, with what watches it, or with
// sanitizers. The device's files need no hooks for that.
type Builder struct {
	Root  string   // of the repository
	Dir   string   // for what is made
	Flags []string // of the C compiler

	objects map[string]string
}

// sources are the files of the compiler in one pass, and those it shares.
func (b *Builder) sources() ([]string, error) {
	list, err := filepath.Glob(filepath.Join(b.Root, "jit/onepass/*.c"))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no sources in %s", b.Root)
	}
	return append(list, filepath.Join(b.Root, "jit/emit.c"), filepath.Join(b.Root, "jit/patch.c")), err
}

func (b *Builder) gcc(args ...string) error {
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("gcc %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (b *Builder) compile(source, object string) error {
	args := append([]string{"-std=gnu99", "-fPIC", "-I" + b.Root, "-c", source, "-o", object}, b.Flags...)
	return b.gcc(args...)
}

// prepare compiles what is the same in all builds.
func (b *Builder) prepare() error {
	if b.objects != nil {
		return nil
	}
	list, err := b.sources()
	if err != nil {
		return err
	}
	objects := map[string]string{}
	for _, source := range list {
		objects[source] = filepath.Join(b.Dir, strings.TrimSuffix(filepath.Base(source), ".c")+".o")
		if err := b.compile(source, objects[source]); err != nil {
			return err
		}
	}
	b.objects = objects
	return nil
}

// changed compiles the file that a change is of.
func (b *Builder) changed(c Change, name string) (source, object string, err error) {
	var text []byte
	found := 0
	for file := range b.objects {
		data, err := os.ReadFile(file)
		if err != nil {
			return "", "", err
		}
		if n := bytes.Count(data, []byte(c.Old)); n > 0 {
			source, text, found = file, data, found+n
		}
	}
	if found != 1 {
		return "", "", fmt.Errorf("the compiler has this %d times, not once; where the rule is now has to be said in the test:\n%s", found, c.Old)
	}
	copied := filepath.Join(b.Dir, name+".c")
	if err := os.WriteFile(copied, bytes.Replace(text, []byte(c.Old), []byte(c.New), 1), 0o644); err != nil {
		return "", "", err
	}
	object = filepath.Join(b.Dir, name+".o")
	return source, object, b.compile(copied, object)
}

// Build links the compiler, with these changes and files, to an executable, or to a shared object if its name ends so.
func (b *Builder) Build(name string, changes []Change, more []string, flags ...string) (path string, err error) {
	if err := b.prepare(); err != nil {
		return "", err
	}
	replaced := map[string]string{}
	for i, c := range changes {
		source, object, err := b.changed(c, fmt.Sprintf("%s.%d", name, i))
		if err != nil {
			return "", err
		}
		replaced[source] = object
	}
	path = filepath.Join(b.Dir, name)
	args := append([]string{"-o", path, "-Wl,-z,defs"}, b.Flags...)
	if strings.HasSuffix(name, ".so") {
		args = append(args, "-shared", "-Wl,-Bsymbolic")
	}
	for source, object := range b.objects {
		if other, ok := replaced[source]; ok {
			object = other
		}
		args = append(args, object)
	}
	for i, source := range more {
		object := filepath.Join(b.Dir, fmt.Sprintf("%s.more%d.o", name, i))
		if err := b.compile(source, object); err != nil {
			return "", err
		}
		args = append(args, object)
	}
	return path, b.gcc(append(args, flags...)...)
}
