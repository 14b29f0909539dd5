// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const twoPrograms = `{"name":"a","program":"b7000000070000009500000000000000","mem":""}
{"name":"b","program":"9500000000000000","mem":"00ff"}
`

// goldenCalls are commands, each with the file of testdata that says what it prints.
var goldenCalls = []struct {
	name, args, stdin string
}{
	{name: "run-help", args: "run --help"},
	{name: "run-help-after", args: "help run"},
	{name: "exec-help", args: "exec --help"},
	{name: "figures-help", args: "figures --help"},
	{name: "report-help", args: "report --help"},
	{name: "history-help", args: "history --help"},
	{name: "compare-help", args: "compare --help"},
	{name: "run", args: "run fletcher16 --sizes 80..320"},
	{name: "run-flags-first", args: "run --sizes 80..320 fletcher16"},
	{name: "run-engines", args: "run fletcher16 --sizes=80,160 --engines native,vm"},
	{name: "run-cycles", args: "run fletcher16 --sizes 80 --target fake:cycles"},
	{name: "run-targets", args: "run fletcher16 --sizes 80 --engines native-O2,vm --target fake --target fake:cycles"},
	{name: "run-without-native", args: "run fletcher16 --sizes 80 --engines vm"},
	{name: "run-size-0", args: "run fletcher16 --sizes 0,8 --engines native-O2,vm"},
	{name: "run-json", args: "run fletcher16 --sizes 80 --engines native-O2,jit --json --reproducible --target fake:cycles"},
	{name: "run-csv", args: "run fletcher16 --sizes 80 --engines native-O2,jit --csv"},
	{name: "run-bench", args: "run fletcher16 --sizes 80 --format bench"},
	{name: "run-repeat", args: "run fletcher16 --sizes 80 --repeat 3 --engines vm"},
	{name: "run-program", args: "run fletcher16 --sizes 80 --engines vm --program exit.hex"},

	{name: "run-wrong", args: "run fletcher16 --sizes 80 --target fake:wrong"},
	{name: "run-wrong-bench", args: "run fletcher16 --sizes 80 --engines vm --target fake:wrong --format bench"},
	{name: "run-memory", args: "run fletcher16 --sizes 80 --engines native-O2,vm --target fake:memory"},
	{name: "run-fault", args: "run fletcher16 --sizes 80 --target fake:fault --engines vm,jit"},
	{name: "run-unsupported", args: "run fletcher16 --sizes 80 --target fake:unsupported"},
	{name: "run-unsupported-asked", args: "run fletcher16 --sizes 80 --target fake:unsupported --engines vm"},
	{name: "run-crash", args: "run fletcher16 --sizes 80 --target fake:crash"},
	{name: "run-crash-again", args: "run fletcher16 --sizes 80..2560 --engines vm --target fake:crash"},
	{name: "run-hang", args: "run fletcher16 --sizes 80 --engines vm --target fake:hang"},
	{name: "run-drift", args: "run fletcher16 --sizes 80 --repeat 2 --target fake:drift --engines vm"},
	{name: "run-panic", args: "run fletcher16 --sizes 80 --target fake:panic"},
	{name: "run-missing", args: "run fletcher16 --target fake:missing"},
	{name: "run-no-folder", args: "run fletcher16 --plot nowhere/a.svg"},
	{name: "run-no-program", args: "run fletcher16 --program nowhere.o"},

	{name: "usage-command", args: "not-a-command-at-all"},
	{name: "usage-flag", args: "run fletcher16 --size 80"},
	{name: "usage-flag-value", args: "run fletcher16 --sizes"},
	{name: "usage-flag-number", args: "run fletcher16 --repeat many"},
	{name: "usage-global-flag", args: "--verbose run"},
	{name: "usage-benchmark", args: "run fletcher"},
	{name: "usage-benchmark-none", args: "run"},
	{name: "usage-benchmark-twice", args: "run fletcher16 fletcher16"},
	{name: "usage-benchmark-all", args: "run fletcher16 --all"},
	{name: "usage-engine", args: "run fletcher16 --engines vmm"},
	{name: "usage-engine-empty", args: "run fletcher16 --engines vm,,jit"},
	{name: "usage-target", args: "run fletcher16 --target fkae"},
	{name: "usage-sizes", args: "run fletcher16 --sizes 80-2560"},
	{name: "usage-sizes-negative", args: "run fletcher16 --sizes -5"},
	{name: "usage-sizes-backwards", args: "run fletcher16 --sizes 2560..80"},
	{name: "usage-sizes-step", args: "run fletcher16 --sizes 0..8:+0"},
	{name: "usage-sizes-zero", args: "run fletcher16 --sizes 0..8"},
	{name: "usage-sizes-many", args: "run fletcher16 --sizes 0..4000000000:+1"},
	{name: "usage-size-large", args: "run fletcher16 --sizes 1000000"},
	{name: "usage-format", args: "run fletcher16 --format jsno"},
	{name: "usage-format-contradiction", args: "run fletcher16 --json --csv"},
	{name: "usage-plot", args: "run fletcher16 --plot a.jpg"},
	{name: "usage-repeat", args: "run fletcher16 --repeat 0"},
	{name: "usage-budget", args: "run fletcher16 --budget 0"},
	{name: "usage-exec-none", args: "exec"},
	{name: "usage-exec-engine", args: "exec exit.hex --engine jti"},
	{name: "usage-exec-native", args: "exec exit.hex --engine native-O2"},
	{name: "usage-exec-mem", args: "exec exit.hex --mem xyz"},
	{name: "usage-exec-helper", args: "exec exit.hex --helpers printff"},
	{name: "usage-exec-helper-id", args: "exec exit.hex --helpers 0x99"},
	{name: "usage-exec-entry", args: "exec exit.hex --entry main"},
	{name: "usage-exec-batch", args: "exec --batch - exit.hex"},
	{name: "usage-exec-batch-mem", args: "exec --batch - --mem 00"},
	{name: "usage-exec-large", args: "exec exit.hex --mem @large.bin"},

	{name: "size", args: "size exit.hex"},
	{name: "size-json", args: "size exit.hex --json --reproducible"},
	{name: "size-csv", args: "size exit.hex --csv"},
	{name: "size-help", args: "size --help"},
	{name: "size-none", args: "size"},
	{name: "size-missing", args: "size nowhere.o"},
	{name: "size-folder", args: "size ."},
	{name: "size-rubbish", args: "size old.json"},
	{name: "size-best", args: "size exit.hex --best"},
	{name: "size-target", args: "size exit.hex --target fake:missing"},
	{name: "pack-help", args: "pack --help"},
	{name: "pack", args: "pack exit.hex"},
	{name: "pack-none", args: "pack"},
	{name: "pack-plan", args: "pack exit.hex --plan -o planned.packed"},
	{name: "pack-plan-format", args: "pack exit.hex --plan --format text-only"},
	{name: "pack-format", args: "pack exit.hex --format packd"},
	{name: "pack-object", args: "pack exit.hex --format elf-object"},
	{name: "pack-no-folder", args: "pack exit.hex -o nowhere/a"},
	{name: "inspect-help", args: "inspect --help"},
	{name: "inspect", args: "inspect exit.hex"},
	{name: "inspect-image", args: "inspect exit.packed"},
	{name: "inspect-none", args: "inspect"},
	{name: "inspect-format", args: "inspect exit.packed --format femto-containers"},
	{name: "inspect-entry", args: "inspect exit.packed --entry main"},
	{name: "inspect-rubbish", args: "inspect large.bin"},
	{name: "disasm-help", args: "disasm --help"},
	{name: "disasm-vm", args: "disasm fletcher16 --engine vm"},
	{name: "disasm-image", args: "disasm exit.packed --engine vm"},
	{name: "disasm-stdin", args: "disasm - --engine vm --json", stdin: "0f 00 00 00 00 00 00 00 # r0 += r0\n9500000000000000\n"},
	{name: "disasm-refused", args: "disasm -", stdin: "05 00 01 00 00 00 00 00 # goto 2\n9500000000000000\n"},
	{name: "disasm-rubbish", args: "disasm large.bin"},
	{name: "disasm-broken-object", args: "disasm -", stdin: "\x7fELF, but no more"},
	{name: "disasm-missing", args: "disasm nowhere.o"},
	{name: "disasm-nothing", args: "disasm -"},
	{name: "disasm-image-entry", args: "disasm exit.packed --entry main"},
	{name: "usage-disasm", args: "disasm"},
	{name: "usage-disasm-engine", args: "disasm exit.hex --engine rbpf"},
	{name: "usage-disasm-core", args: "disasm exit.hex --core m3"},
	{name: "exec-image", args: "exec exit.packed"},
	{name: "exec-image-format", args: "exec exit.packed --format text-only"},
	{name: "exec-image-entry", args: "exec exit.packed --entry main"},
	{name: "exec-format", args: "exec exit.hex --format elf-object"},
	{name: "usage-exec-state", args: "exec exit.hex --state -"},
	{name: "exec-trace-missing", args: "exec exit.hex --trace nowhere.txt"},
	{name: "exec-trace-wrong", args: "exec exit.hex --trace old.json"},
	{name: "build-help", args: "build --help"},
	{name: "build-none", args: "build"},
	{name: "build-not-c", args: "build exit.hex"},
	{name: "build-cpu", args: "build a.c --cpu v9"},
	{name: "build-optimize", args: "build a.c --optimize 0"},
	{name: "build-two", args: "build a.c b.c -o c.o"},

	{name: "usage-model", args: "run fletcher16 --sizes 80 --target fake --flash-speed"},
	{name: "usage-wait-states", args: "run fletcher16 --sizes 80 --wait-states 16"},
	{name: "compare-same", args: "compare old.json old.json"},
	{name: "compare", args: "compare old.json new.csv"},
	{name: "compare-markdown", args: "compare old.json new.csv --markdown"},
	{name: "compare-threshold", args: "compare old.json new.csv --threshold 5 --threshold instructions=60%"},
	{name: "compare-better", args: "compare new.csv old.json"},
	{name: "compare-exact", args: "compare new.csv old.json --exact"},
	{name: "compare-stdin", args: "compare old.json -", stdin: "target: unicorn\nBenchmarkFletcher16/size=80/engine=vm 1 100 instructions\n"},
	{name: "compare-foreign", args: "compare old.json exit.hex"},
	{name: "compare-missing", args: "compare old.json nowhere.json"},
	{name: "usage-compare", args: "compare old.json"},
	{name: "usage-compare-threshold", args: "compare old.json new.csv --threshold cycels=3"},
	{name: "usage-compare-percent", args: "compare old.json new.csv --threshold -3"},

	{name: "list", args: "list"},
	{name: "usage-list", args: "list engines"},
	{name: "usage-doctor", args: "doctor unicorn"},

	{name: "exec", args: "exec exit.hex"},
	{name: "exec-stdin", args: "exec -", stdin: "b7 00 00 00 2a 00 00 00 # r0 = 42\n9500000000000000\n"},
	{name: "exec-json", args: "exec exit.hex --json --mem 0011223344"},
	{name: "exec-fault", args: "exec exit.hex --target fake:fault"},
	{name: "exec-fault-json", args: "exec exit.hex --target fake:fault --json"},
	{name: "exec-crash", args: "exec exit.hex --target fake:crash"},
	{name: "exec-odd", args: "exec -", stdin: "9500"},
	{name: "exec-nothing", args: "exec -"},
	{name: "exec-not-hex", args: "exec -", stdin: "this is a text\n"},
	{name: "exec-source", args: "exec prog.c"},
	{name: "exec-broken-object", args: "exec -", stdin: "\x7fELF, but no more"},
	{name: "exec-missing", args: "exec nowhere.hex"},
	{name: "exec-table", args: "exec exit.hex --mem 00 --mem 010203 --engines vm,jit --target unicorn,fake:cycles"},
	{name: "exec-table-json", args: "exec exit.hex --mem 00 --mem 01 --json"},
	{name: "exec-disagree", args: "exec exit.hex --engines vm,jit --target fake:wrong"},
	{name: "exec-table-fault", args: "exec exit.hex --engines vm,jit --target fake:fault"},
	{name: "usage-exec-engines", args: "exec exit.hex --engine vm --engines vm,jit"},
	{name: "usage-exec-state-table", args: "exec exit.hex --engines vm,jit --state state.txt"},
	{name: "batch", args: "exec --batch -", stdin: twoPrograms},
	{name: "batch-bad-lines", args: "exec --batch -", stdin: "{\"name\":\"x\"\n\n" + twoPrograms + `{"name":"h","program":"95zz"}` + "\n" + `{"name":"m","program":"","mem":"1"}`},
	{name: "batch-fault", args: "exec --batch - --target fake:fault", stdin: twoPrograms},
	{name: "batch-crash", args: "exec --batch - --target fake:crash", stdin: twoPrograms},
	{name: "batch-missing", args: "exec --batch nowhere.jsonl"},
}

// The golden files hold what each command line prints on both outputs, and its exit status.
func TestGolden(t *testing.T) {
	golden, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for name, data := range map[string][]byte{
		"exit.hex":  []byte("# r0 is 0 at the start\n9500000000000000\n"),
		"large.bin": make([]byte, 200_000),
		"prog.c":    []byte("int prog(void) { return 7; }\n"),
		"old.json":  fakeResults(t, "--json", "fake"),
		"new.csv":   fakeResults(t, "--csv", "fake:slow"),
	} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range goldenCalls {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := ubench(t.Context(), c.stdin, strings.Fields(c.args)...)
			isGolden(t, filepath.Join(golden, c.name+".txt"),
				fmt.Sprintf("$ ubench %s\nexit status %d\n--- stdout\n%s--- stderr\n%s", c.args, status, stdout, stderr))
			if status != 0 && strings.Count(stderr, "\n") == 0 {
				t.Error("a failure without a line on stderr")
			}
			if strings.HasPrefix(c.name, "usage-") && (status != exitUsage || strings.Count(stderr, "\n") != 1 || stdout != "") {
				t.Errorf("a mistake in usage must give one line on stderr and exit status %d", exitUsage)
			}
		})
	}
}

// isGolden compares what a command printed with a file, but for what is another each time.
func isGolden(t *testing.T, file, got string) {
	t.Helper()
	got = commandChoices.ReplaceAllString(got, "(choices: COMMANDS)")
	got = versionMember.ReplaceAllString(got, `"version": "VERSION"`)
	got = createdMember.ReplaceAllString(got, `"created": "TIME"`)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./cmd/ubench -update accepts it):\n%s", file, got)
	}
}
