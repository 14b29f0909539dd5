// SPDX-License-Identifier: GPL-2.0-or-later

// Command train makes the tables of the packed image format out of the programs and the prose in
// corpus/: it compiles every program in 16 variants (-mcpu=v1 to v4, -O1, -O2, -Os, -Oz), chooses the
// instruction templates that save most, and makes a dictionary of text by byte-pair encoding.
// The ten programs of the size study are not in the corpus.
//
//	go run ./image/train -o image/packed_tables.h
//
// The result depends on the corpus and on the compiler (clang 19) alone. A table that differs is a
// new version of the format.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/image/internal/packcode"
)

// How much the decoder's tables may hold, and which lengths codes have.
const (
	templates = 31
	symbols   = 43
	pairs     = 22
)

var (
	templateLengths = []int{4, 6, 7, 8}
	symbolLengths   = []int{4, 5, 6, 7}
)

func main() {
	out := flag.String("o", "image/packed_tables.h", "write the tables to this `file`")
	corpus := flag.String("corpus", "image/train/corpus", "`folder` of programs (.c) and prose (.txt)")
	include := flag.String("include", "examples/include", "`folder` of bpf_helpers.h")
	clang := flag.String("clang", "clang-19", "the compiler")
	flag.Parse()
	if err := run(*out, *corpus, *include, *clang); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(out, corpus, include, clang string) error {
	samples, texts, err := load(corpus, include, clang)
	if err != nil {
		return err
	}
	t := &packcode.Tables{}
	t.Templates, t.TemplateTiers = packcode.TrainTemplates(samples, templates, templateLengths)
	t.Dictionary = packcode.TrainDictionary(texts, pairs, symbols, symbolLengths)
	return os.WriteFile(out, []byte(t.Format()), 0o644)
}

// load compiles the corpus. Strings are taken once per program, instructions of every variant.
func load(corpus, include, clang string) (samples []packcode.Sample, texts [][]byte, err error) {
	sources, err := filepath.Glob(filepath.Join(corpus, "*.c"))
	if err != nil || len(sources) == 0 {
		return nil, nil, fmt.Errorf("no programs in %s", corpus)
	}
	tmp, err := os.MkdirTemp("", "train")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(tmp)
	object := filepath.Join(tmp, "program.o")
	for _, source := range sources {
		for _, cpu := range []string{"v1", "v2", "v3", "v4"} {
			for _, level := range []string{"-O1", "-O2", "-Os", "-Oz"} {
				cmd := exec.Command(clang, "--target=bpfel", "-mcpu="+cpu, level, "-DBPF_SAUL_NUMBERS", "-I"+include, "-c", source, "-o", object)
				if msg, err := cmd.CombinedOutput(); err != nil {
					return nil, nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, msg)
				}
				data, err := os.ReadFile(object)
				if err != nil {
					return nil, nil, err
				}
				p, err := image.LoadObject(source, data, "")
				if err != nil {
					return nil, nil, err
				}
				samples = append(samples, p.PackSamples()...)
				if cpu == "v2" && level == "-O2" && len(p.Rodata) > 0 {
					texts = append(texts, p.Rodata)
				}
			}
		}
	}
	prose, err := filepath.Glob(filepath.Join(corpus, "*.txt"))
	if err != nil {
		return nil, nil, err
	}
	for _, file := range prose {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		texts = append(texts, text)
	}
	return samples, texts, nil
}
