// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// splitCommand finds the command in args and reorders what follows it, as the flag package stops at
// the first argument: "run fletcher16 --sizes 80" becomes "run --sizes 80 -- fletcher16".
func splitCommand(app *cli.App, args []string) (name string, reordered []string, err error) {
	at := 0
	for at < len(args) && isFlag(args[at]) {
		switch strings.TrimLeft(args[at], "-") {
		case "h", "help", "v", "version":
		default:
			return "", nil, usagef("unknown flag %q before the command; see ubench --help", args[at])
		}
		at++
	}
	if at == len(args) {
		return "", args, nil
	}
	name = args[at]
	if name == "help" && at+1 < len(args) { // "help run" is "run --help"
		return splitCommand(app, append([]string{args[at+1], "--help"}, args[at+2:]...))
	}
	if name == "help" {
		return "", []string{"--help"}, nil
	}
	command := app.Command(name)
	if command == nil {
		return "", nil, unknown("command", name, commandNames(app))
	}
	rest, err := flagsFirst(command.Flags, args[at+1:])
	if err != nil {
		return name, nil, err
	}
	return name, append(append(args[:at:at], name), rest...), nil
}

// flagsFirst moves flags, with their values, before positional arguments. "--" ends the flags, "-"
// and negative numbers are arguments.
func flagsFirst(flags []cli.Flag, args []string) ([]string, error) {
	var front, positional []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			positional = append(positional, args[i+1:]...)
			break
		}
		if !isFlag(arg) {
			positional = append(positional, arg)
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name == "help" || name == "h" {
			return []string{"--help"}, nil
		}
		flag := findFlag(flags, name)
		if flag == nil {
			return nil, unknown("flag", dashes(name), flagNames(flags))
		}
		front = append(front, arg)
		if _, isBool := flag.(*cli.BoolFlag); isBool || hasValue {
			continue
		}
		if isValue := standsAlone[name]; isValue != nil && (i+1 == len(args) || !isValue(args[i+1])) {
			front[len(front)-1] = dashes(name) + "="
			continue
		}
		if i+1 == len(args) {
			return nil, usagef("flag %s needs a value", dashes(name))
		}
		i++
		front = append(front, args[i])
	}
	return append(append(front, "--"), positional...), nil
}

// standsAlone has the flags that mean something without a value too, which is then empty, and how to tell one.
var standsAlone = map[string]func(next string) bool{"map": isMapping}

// isFlag tells flags from arguments: "-" is standard input, "-1" a number.
func isFlag(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && !(arg[1] >= '0' && arg[1] <= '9')
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				return f
			}
		}
	}
	return nil
}

func flagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		names = append(names, dashes(f.Names()[0]))
	}
	return names
}

func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func commandNames(app *cli.App) []string {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Name)
	}
	return names
}

// isMapping tells a value of --map from what comes behind it.
func isMapping(s string) bool {
	_, err := strconv.ParseInt(s, 0, 64)
	return !isFlag(s) && (err == nil || strings.Contains(s, ":"))
}
