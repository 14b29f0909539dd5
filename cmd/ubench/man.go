// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

func manCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "man",
		Usage:     "print a man page, made from the help of a command",
		ArgsUsage: "[COMMAND] [flags]",
		Description: `Examples:
  ubench man | man -l -
  ubench man run > ubench-run.1
  ubench man --output ~/.local/share/man/man1`,
		Flags: []cli.Flag{&cli.StringFlag{Name: "output", Usage: "write the pages of all commands into `FOLDER`, which must exist"}},
		Action: func(c *cli.Context) error {
			dir := c.String("output")
			switch {
			case c.NArg() > 1, c.NArg() == 1 && dir != "":
				return usagef("unexpected argument %q", c.Args().Get(c.NArg()-1))
			case dir != "":
				return writeManPages(c.App, dir)
			case c.NArg() == 0:
				_, err := fmt.Fprint(e.stdout, appManPage(c.App))
				return err
			}
			command := c.App.Command(c.Args().First())
			if command == nil {
				return unknown("command", c.Args().First(), commandNames(c.App))
			}
			_, err := fmt.Fprint(e.stdout, manPage(command))
			return err
		},
	}
}

func writeManPages(app *cli.App, dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("--output %s: there is no such folder: create it first", dir)
	}
	if err := writeFile(filepath.Join(dir, "ubench.1"), []byte(appManPage(app))); err != nil {
		return err
	}
	for _, c := range app.Commands {
		if err := writeFile(filepath.Join(dir, "ubench-"+c.Name+".1"), []byte(manPage(c))); err != nil {
			return err
		}
	}
	return nil
}

// appManPage is ubench(1), which lists the commands.
func appManPage(app *cli.App) string {
	var b strings.Builder
	manHead(&b, "ubench", app.Usage)
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B ubench\nCOMMAND [flags and arguments in any order]\n.SH COMMANDS\n")
	for _, c := range app.Commands {
		fmt.Fprintf(&b, ".TP\n.BR ubench-%s (1)\n%s\n", roff(c.Name), roff(c.Usage))
	}
	fmt.Fprintf(&b, ".SH EXIT STATUS\n0: success. 1: failure. 2: a mistake in the command line. 128 and the number of a signal: ended by it.\n")
	return b.String()
}

// manPage is the page of a command.
func manPage(c *cli.Command) string {
	var b strings.Builder
	manHead(&b, "ubench-"+c.Name, c.Usage)
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B ubench %s\n%s\n", roff(c.Name), roff(c.ArgsUsage))
	text, examples, _ := strings.Cut("\n"+c.Description, "\nExamples:\n")
	if text = strings.TrimSpace(text); text != "" {
		b.WriteString(".SH DESCRIPTION\n")
		verbatim := false
		for line := range strings.Lines(text + "\n") {
			line = strings.TrimRight(line, "\n")
			if indented := strings.HasPrefix(line, "  "); indented != verbatim {
				b.WriteString(map[bool]string{true: ".RS\n.nf\n", false: ".fi\n.RE\n"}[indented])
				verbatim = indented
			}
			if line == "" {
				line = ".PP"
			} else {
				line = roff(strings.TrimSpace(line))
			}
			b.WriteString(line + "\n")
		}
		if verbatim {
			b.WriteString(".fi\n.RE\n")
		}
	}
	if len(c.Flags) > 0 {
		b.WriteString(".SH OPTIONS\n")
	}
	for _, f := range c.Flags {
		d := documented(f)
		left := `\fB` + roff(strings.Join(d.names, ", ")) + `\fR`
		if d.value != "" {
			left += ` \fI` + roff(d.value) + `\fR`
		}
		fmt.Fprintf(&b, ".TP\n%s\n%s\n", left, roff(d.usage))
	}
	if examples != "" {
		b.WriteString(".SH EXAMPLES\n.nf\n")
		for line := range strings.Lines(examples) {
			b.WriteString(roff(strings.TrimSpace(line)) + "\n")
		}
		b.WriteString(".fi\n")
	}
	b.WriteString(".SH SEE ALSO\n.BR ubench (1)\n")
	return b.String()
}

func manHead(b *strings.Builder, name, usage string) {
	fmt.Fprintf(b, ".TH %s 1 %s \"ubench %s\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(roff(name)), released, release, roff(name), roff(usage))
}

// roff is text in which nothing is a command or an escape.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
