// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/emu/targets"
)

func completionCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print what makes a shell complete commands, flags and names",
		ArgsUsage: "bash|zsh|fish",
		Description: `Examples:
  ubench completion bash > ~/.local/share/bash-completion/completions/ubench
  ubench completion zsh > ~/.zsh/completions/_ubench        # a folder in $fpath
  ubench completion fish > ~/.config/fish/completions/ubench.fish`,
		Action: func(c *cli.Context) error {
			scripts := map[string]func(*cli.App, words) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
			if c.NArg() != 1 {
				return usagef("name one shell: bash, zsh or fish")
			}
			script := scripts[c.Args().First()]
			if script == nil {
				return unknown("shell", c.Args().First(), []string{"bash", "zsh", "fish"})
			}
			_, err := fmt.Fprint(e.stdout, script(c.App, e.completionWords()))
			return err
		},
	}
}

// words are the names that values and arguments are completed from.
type words struct {
	benchmarks string
	flags      [][2]string // name as it is typed, values
}

func (e *env) completionWords() words {
	var w words
	var names []string
	for _, b := range e.benchmarks {
		names = append(names, b.Name)
	}
	w.benchmarks = strings.Join(names, " ")
	names = nil
	for _, d := range engineDocs {
		names = append(names, d.Name)
	}
	engines := strings.Join(names, " ")
	names = nil
	for _, t := range targets.Names() {
		if !strings.Contains(t, "DEVICE") {
			names = append(names, t)
		}
	}
	w.flags = [][2]string{
		{"--engine", engines}, {"--engines", engines}, {"--target", strings.Join(names, " ")},
		{"--core", "cortex-m3 cortex-m4"},
	}
	return w
}

// values are what a flag's value is completed from, "" for files.
func (w words) values(d flagDoc) string {
	for _, f := range w.flags {
		for _, n := range d.names {
			if n == f[0] {
				return f[1]
			}
		}
	}
	return ""
}

// takesBenchmarks tells the commands whose arguments may be benchmarks.
func takesBenchmarks(c *cli.Command) bool { return strings.Contains(c.ArgsUsage, "BENCHMARK") }

func bashCompletion(app *cli.App, w words) string {
	var b strings.Builder
	b.WriteString(`# bash completion for ubench; made by: ubench completion bash
_ubench() {
	local line=${COMP_LINE:0:COMP_POINT} cur prev=${COMP_WORDS[COMP_CWORD-1]} command= words= i
	cur=${line##*[[:space:]]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi
	done
	[[ $prev == : ]] && prev=${COMP_WORDS[COMP_CWORD-3]}
	[[ $cur == *:* && $prev != -* ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
	case $prev in
`)
	for _, f := range w.flags {
		fmt.Fprintf(&b, "	%s) words=%s ;;\n", f[0], quote(f[1]))
	}
	b.WriteString("	*)\n		case $command in\n")
	fmt.Fprintf(&b, "		'') words=%s ;;\n", quote(strings.Join(commandNames(app), " ")+" --help --version"))
	for _, c := range app.Commands {
		arguments := ""
		if takesBenchmarks(c) {
			arguments = w.benchmarks
		}
		flags := append([]string{"--help"}, flagNames(c.Flags)...)
		fmt.Fprintf(&b, "		%s) if [[ $cur == -* ]]; then words=%s; else words=%s; fi ;;\n", c.Name, quote(strings.Join(flags, " ")), quote(arguments))
	}
	b.WriteString(`		esac ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	[[ -z $words || ${#COMPREPLY[@]} -eq 0 && $cur != -* ]] && COMPREPLY=($(compgen -f -- "$cur"))
	# What bash took for a word of its own before a colon is there already.
	local before=${cur%"${cur##*:}"}
	[[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"$before"}")
	return 0
}
complete -o filenames -F _ubench ubench
`)
	return b.String()
}

func zshCompletion(app *cli.App, w words) string {
	var b strings.Builder
	b.WriteString("#compdef ubench\n# zsh completion for ubench; made by: ubench completion zsh\n_ubench() {\n	local -a commands=(\n")
	for _, c := range app.Commands {
		fmt.Fprintf(&b, "		%s\n", quote(c.Name+":"+c.Usage))
	}
	b.WriteString("	)\n	if (( CURRENT == 2 )); then _describe command commands; return; fi\n	local command=$words[2]\n	shift words; (( CURRENT-- ))\n	case $command in\n")
	escape := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)
	for _, c := range app.Commands {
		fmt.Fprintf(&b, "	%s) _arguments \\\n", c.Name)
		for _, f := range c.Flags {
			d := documented(f)
			spec := "[" + escape.Replace(d.usage) + "]"
			if d.value != "" {
				action := "_files"
				if values := w.values(d); values != "" {
					action = "(" + strings.ReplaceAll(values, ":", `\:`) + ")"
				}
				spec += ":" + escape.Replace(d.value) + ":" + action
			}
			fmt.Fprintf(&b, "		%s \\\n", quote("*"+d.names[0]+spec))
		}
		if takesBenchmarks(c) {
			fmt.Fprintf(&b, "		%s ;;\n", quote("*:benchmark:("+w.benchmarks+")"))
		} else {
			b.WriteString("		'*:file:_files' ;;\n")
		}
	}
	b.WriteString("	esac\n}\n_ubench \"$@\"\n")
	return b.String()
}

func fishCompletion(app *cli.App, w words) string {
	var b strings.Builder
	b.WriteString("# fish completion for ubench; made by: ubench completion fish\n")
	for _, c := range app.Commands {
		fmt.Fprintf(&b, "complete -c ubench -f -n __fish_use_subcommand -a %s -d %s\n", c.Name, quote(c.Usage))
	}
	for _, c := range app.Commands {
		when := quote("__fish_seen_subcommand_from " + c.Name)
		for _, f := range c.Flags {
			d := documented(f)
			fmt.Fprintf(&b, "complete -c ubench -n %s", when)
			for _, n := range d.names {
				if long, ok := strings.CutPrefix(n, "--"); ok {
					fmt.Fprintf(&b, " -l %s", long)
				} else {
					fmt.Fprintf(&b, " -s %s", n[1:])
				}
			}
			if d.value != "" {
				b.WriteString(" -r")
				if values := w.values(d); values != "" {
					fmt.Fprintf(&b, " -f -a %s", quote(values))
				}
			}
			fmt.Fprintf(&b, " -d %s\n", quote(d.usage))
		}
		if takesBenchmarks(c) {
			fmt.Fprintf(&b, "complete -c ubench -n %s -a %s\n", when, quote(w.benchmarks))
		}
	}
	return b.String()
}

// quote is text in single quotes as all three shells read it.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'"'"'`) + "'" }
