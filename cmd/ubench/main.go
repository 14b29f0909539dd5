// SPDX-License-Identifier: GPL-2.0-or-later

// Command ubench runs eBPF on emulated Cortex-M microcontrollers and measures it.
//
// Each subcommand is one file with one constructor, listed in the table below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"
)

// commands lists the subcommands in the order of the help text. A constructor gets the environment
// and returns the command; its Action returns usagef(…) for a mistake of the caller (exit status 2),
// any other error for a failure (exit status 1). The command's name is put before the error.
var commands = []func(*env) *cli.Command{
	runCommand,
	execCommand,
	buildCommand,
	packCommand,
	inspectCommand,
	disasmCommand,
	verifyCommand,
	sizeCommand,
	mapsCommand,
	mergeCommand,
	compareCommand,
	figuresCommand,
	reportCommand,
	historyCommand,
	listCommand,
	doctorCommand,
	measureCommand,
	profileCommand,
	keygenCommand,
	deployCommand,
	deviceCommand,
	versionCommand,
	completionCommand,
	manCommand,
}

// Exit statuses.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130 // by Ctrl-C; by another signal 128 and its number
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run executes one command line and returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		if s, ok := (<-signals).(syscall.Signal); ok {
			signal.Stop(signals) // the next one ends us at once
			cancel(signalError(s))
		}
	}()
	return newEnv(stdin, stdout, stderr).run(ctx, args)
}

// signalError is why a context ended: a signal.
type signalError syscall.Signal

func (s signalError) Error() string {
	if syscall.Signal(s) == syscall.SIGINT {
		return "interrupted"
	}
	return "ended by a signal: " + syscall.Signal(s).String()
}

// interruption is how a command whose context ended says so, and its exit status.
func interruption(ctx context.Context) (text string, status int) {
	if s := signalError(0); errors.As(context.Cause(ctx), &s) {
		return s.Error(), 128 + int(s)
	}
	return "interrupted", exitInterrupted
}

// run dispatches to a command: it finds the command's name, puts flags before arguments, and turns
// the outcome into one line and an exit status.
func (e *env) run(ctx context.Context, args []string) (status int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(e.stderr, "ubench: internal error, please report it with this command line: %v\n", r)
			if os.Getenv("UBENCH_TRACE") != "" {
				e.stderr.Write(debug.Stack())
			}
			status = exitFailure
		}
	}()
	e.stdin = &interruptible{ctx: ctx, r: e.stdin}
	app := e.app()
	name, args, err := splitCommand(app, args)
	if err == nil {
		err = app.RunContext(ctx, append([]string{"ubench"}, args...))
	}
	e.progress.clear()
	if err == nil {
		err = e.stdout.err
	}
	place := strings.TrimSpace("ubench " + name)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		text, status := interruption(ctx)
		fmt.Fprintf(e.stderr, "%s: %s\n", place, text)
		return status
	case isBrokenPipe(err):
		return exitFailure
	case errors.Is(err, errSilent):
		return exitFailure
	}
	fmt.Fprintf(e.stderr, "%s: %s\n", place, oneLine(err))
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailure
}

// app builds the command-line application around this environment.
func (e *env) app() *cli.App {
	app := &cli.App{
		Name:            "ubench",
		Usage:           "run eBPF on emulated Cortex-M microcontrollers, and measure it",
		UsageText:       "ubench COMMAND [flags and arguments in any order]",
		Version:         versionText(),
		Writer:          e.stdout,
		ErrWriter:       e.stderr,
		HideHelpCommand: true,
		// A file's name may have commas; where they separate names, the command splits them.
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
		CustomAppHelpTemplate:     appHelp,
	}
	for _, constructor := range commands {
		c := constructor(e)
		c.OnUsageError = onUsageError
		c.HideHelpCommand = true
		c.CustomHelpTemplate = commandHelp
		app.Commands = append(app.Commands, c)
	}
	return app
}

// onUsageError names flags as they are typed, and says what their values are not.
func onUsageError(_ *cli.Context, err error, _ bool) error {
	m := badValue.FindStringSubmatch(err.Error())
	if m == nil {
		return usagef("%v", err)
	}
	what := map[string]string{"boolean value": "choose true or false", "value": "a whole number is needed"}[m[1]]
	return usagef("%s %s: %s", dashes(m[3]), m[2], what)
}

// badValue is what package flag says about a value it cannot parse.
var badValue = regexp.MustCompile(`^invalid (boolean value|value) ("(?:[^"\\\\]|\\\\.)*") for (?:flag )?-([\w-]+): `)
