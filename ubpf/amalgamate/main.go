// SPDX-License-Identifier: GPL-2.0-or-later

// Command amalgamate writes the library as two files, ubpf.h and ubpf.c, for who wants to copy it into a project:
//
//	go run ./ubpf/amalgamate -o dist        from the root of the repository; make dist does it
//
// Headers are put where they are included first. Names that are private to a file and are used by another one as well get
// the file's name in front. handlers.S, which is assembly, becomes a statement outside of functions, run through the C
// compiler's preprocessor once for cores with the DSP extension and once for those without.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// part is a stretch of ubpf.c and the condition under which it is compiled.
type part struct {
	pattern, condition string
}

var parts = []part{
	{"ubpf/*.c", ""},
	{"image/*.c", ""},
	{"maps/*.c", ""},
	{"verify/*.c", ""},
	{"vm/shared.c", ""},
	{"vm/r*.c", ""},
	{"vm/threaded.c", ""},
	{"vm/vm.c", ""},
	{"vm/handlers.S", "UB_VM_THREADED"},
	{"vm/*portable.c", "!UB_VM_THREADED || UBPF_VM_PORTABLE"},
	{"jit/onepass/*.c", "UBPF_JIT"},
	{"jit/*.c", "UBPF_JIT"},
}

const banner = `/* SPDX-License-Identifier: BSD-2-Clause */
/* ubpf: %s
 * This file is put together of many by make dist; they are easier to read.
`

func main() {
	out := flag.String("o", "dist", "folder to write ubpf.h and ubpf.c into")
	root := flag.String("root", ".", "root of the repository")
	cc := flag.String("cc", "cc", "C compiler, whose preprocessor handlers.S is run through")
	flag.Parse()
	if err := amalgamate(*root, *out, *cc); err != nil {
		fmt.Fprintln(os.Stderr, "amalgamate:", err)
		os.Exit(1)
	}
}

func amalgamate(root, out, cc string) error {
	m := &merger{root: root, cc: cc, seen: map[string]bool{}}
	header := fmt.Sprintf(banner, "eBPF programs in your own firmware. The interface.") + " */\n"
	text, err := m.inline("ubpf/ubpf.h", nil)
	if err != nil {
		return err
	}
	header += text
	source := fmt.Sprintf(banner, "eBPF programs in your own firmware.") + ` *
 *	-DUBPF_JIT=1                the compilers, for ARMv7-M and ARMv8-M mainline
 *	-DUBPF_VM_PORTABLE=1        the interpreter's portable form as well, where it has a faster one
 *	-DUB_VM_THREADED=0          the interpreter's portable form alone
 *	-DUB_IMAGE_FORMATS=UB_IMAGE_PACKED    read packed images only; see UB_IMAGE_FORMATS in ubpf.h
 */
#include "ubpf.h"

#ifndef UBPF_JIT
#define UBPF_JIT 0
#endif
#ifndef UBPF_VM_PORTABLE
#define UBPF_VM_PORTABLE 0
#endif
#ifdef __clang__
#pragma clang diagnostic ignored "-Wunused-function"
#endif
`
	if err := m.findNames(); err != nil {
		return err
	}
	for _, p := range parts {
		files, err := m.files(p)
		if err != nil {
			return err
		}
		if p.condition != "" {
			source += "\n#if " + p.condition + "\n"
		}
		for _, file := range files {
			text, err := m.file(file)
			if err != nil {
				return err
			}
			source += "\n/* ---- " + file + " ---- */\n" + text
		}
		if p.condition != "" {
			source += "#endif /* " + p.condition + " */\n"
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"ubpf.h": header, "ubpf.c": source} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// merger holds what was put in so far.
type merger struct {
	root, cc string
	seen     map[string]bool              // headers
	rename   map[string]map[string]string // by file: its private names that others have as well
}

// files are those of a part, by name, without those of parts before it.
func (m *merger) files(p part) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(m.root, p.pattern))
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("no %s in %s: run it from the root of the repository", p.pattern, m.root)
	}
	for i, file := range found {
		if found[i], err = filepath.Rel(m.root, file); err != nil {
			return nil, err
		}
	}
	return found, nil
}

var (
	ownInclude = regexp.MustCompile(`(?m)^#include "([\w./]+)".*\n`)
	define     = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)`)
	licence    = regexp.MustCompile(`^/[*/] SPDX-License-Identifier: [\w.-]+( \*/)?\n`)
)

// inline is a file's text with the headers it includes in it, but for those that were put in before.
func (m *merger) inline(file string, rename map[string]string) (string, error) {
	data, err := os.ReadFile(filepath.Join(m.root, file))
	if err != nil {
		return "", err
	}
	text := licence.ReplaceAllString(string(data), "")
	if !licence.Match(data) {
		return "", fmt.Errorf("%s does not begin with its licence", file)
	}
	if rename != nil {
		text = renamed(text, rename)
	}
	var failure error
	text = ownInclude.ReplaceAllStringFunc(text, func(line string) string {
		header := ownInclude.FindStringSubmatch(line)[1]
		if m.seen[header] {
			return ""
		}
		m.seen[header] = true
		inner, err := m.inline(header, nil)
		if err != nil {
			failure = fmt.Errorf("%s: %w", file, err)
		}
		return inner
	})
	return text, failure
}

// file is a source file as it is in ubpf.c: what it defines for the preprocessor, and what it asks of the compiler, ends
// with it.
func (m *merger) file(file string) (string, error) {
	if strings.HasSuffix(file, ".S") {
		return m.assembly(file)
	}
	own, err := os.ReadFile(filepath.Join(m.root, file))
	if err != nil {
		return "", err
	}
	text, err := m.inline(file, m.rename[file])
	if err != nil {
		return "", err
	}
	if strings.Contains(string(own), "#pragma GCC diagnostic") {
		text = "#pragma GCC diagnostic push\n" + text + "#pragma GCC diagnostic pop\n"
	}
	done := map[string]bool{}
	for _, d := range define.FindAllStringSubmatch(string(own), -1) {
		if name := d[1]; !done[name] {
			done[name] = true
			text += "#undef " + name + "\n"
		}
	}
	return text, nil
}

// assembly is a .S file as asm statements.
func (m *merger) assembly(file string) (string, error) {
	text := ""
	for i, dsp := range []string{"-D__ARM_ARCH_7EM__=1", "-U__ARM_ARCH_7EM__"} {
		lines, err := m.preprocess(file, dsp)
		if err != nil {
			return "", err
		}
		text += []string{"#ifdef __ARM_ARCH_7EM__\n", "#else\n"}[i] + "__asm__(\n"
		for _, line := range lines {
			text += "\t\"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(line) + "\\n\"\n"
		}
		text += ");\n"
	}
	return text + "#endif\n", nil
}

func (m *merger) preprocess(file, flag string) ([]string, error) {
	cmd := exec.Command(m.cc, "-E", "-P", "-undef", "-x", "assembler-with-cpp", "-DUB_VM_THREADED=1", flag, "-I.", file)
	cmd.Dir = m.root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	lines := []string{}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	// The compiler goes on as if nothing had happened.
	return append(lines, ".noaltmacro", ".text"), nil
}

// findNames works out which files' private names clash, with each other's or with a header's.
func (m *merger) findNames() error {
	owners := map[string][]string{}
	collect := func(file string) error {
		data, err := os.ReadFile(filepath.Join(m.root, file))
		if err != nil {
			return err
		}
		for name := range privateNames(string(data)) {
			owners[name] = append(owners[name], file)
		}
		return nil
	}
	for _, p := range parts {
		folder := filepath.Dir(p.pattern)
		files, err := m.files(p)
		if err != nil {
			return err
		}
		headers, err := filepath.Glob(filepath.Join(m.root, folder, "*.h"))
		if err != nil {
			return err
		}
		for _, h := range headers {
			rel, err := filepath.Rel(m.root, h)
			if err != nil {
				return err
			}
			if !contains(files, rel) {
				files = append(files, rel)
			}
		}
		for _, file := range files {
			if strings.HasSuffix(file, ".S") {
				continue
			}
			if err := collect(file); err != nil {
				return err
			}
		}
	}
	m.rename = map[string]map[string]string{}
	for name, files := range owners {
		for _, file := range files {
			if len(distinct(files)) < 2 || !strings.HasSuffix(file, ".c") {
				continue
			}
			if m.rename[file] == nil {
				m.rename[file] = map[string]string{}
			}
			m.rename[file][name] = prefix(file) + name
		}
	}
	return nil
}

func distinct(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}

// prefix is what goes before a name of a file: image/elf.c has image_elf_.
func prefix(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(file, ".c"), "/", "_") + "_"
}
