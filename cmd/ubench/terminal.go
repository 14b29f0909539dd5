// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// checkedOutput is standard output. It keeps the first error, so that none is lost when a command looks at none.
type checkedOutput struct {
	w   io.Writer
	err error
}

func (o *checkedOutput) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

// colour tells whether output to w may be coloured: only on a terminal, never with NO_COLOR.
func colour(w io.Writer) bool { return os.Getenv("NO_COLOR") == "" && isTerminal(w) }

func isTerminal(w any) bool {
	if o, ok := w.(*checkedOutput); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
