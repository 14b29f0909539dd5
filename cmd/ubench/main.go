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
	sizeCommand,
	compareCommand,
	figuresCommand,
	reportCommand,
	historyCommand,
	listCommand,
	doctorCommand,
	measureCommand,
	profileCommand,
}

// Exit statuses.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run executes one command line and returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return newEnv(stdin, stdout, stderr).run(ctx, args)
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
		fmt.Fprintf(e.stderr, "%s: interrupted\n", place)
		return exitInterrupted
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
		Name:                  "ubench",
		Usage:                 "run eBPF on emulated Cortex-M microcontrollers, and measure it",
		UsageText:             "ubench COMMAND [flags and arguments in any order]",
		Version:               versionText(),
		Writer:                e.stdout,
		ErrWriter:             e.stderr,
		HideHelpCommand:       true,
		ExitErrHandler:        func(*cli.Context, error) {},
		OnUsageError:          onUsageError,
		CustomAppHelpTemplate: appHelp,
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

func onUsageError(_ *cli.Context, err error, _ bool) error { return usagef("%v", err) }

// version is set by the Makefile; without it the build information has the commit.
var version string

// versionText is the version, or commit, this was built from.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if len(revision) >= 12 {
		return revision[:12] + dirty
	}
	return "unknown"
}
