// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows one line of what is going on, on a terminal only, once the work has lasted two
// seconds. The zero width means quiet.
type progress struct {
	w     io.Writer
	quiet bool

	mu    sync.Mutex
	start time.Time
	last  time.Time
	shown bool
}

// Work shorter than this shows no progress; the line is redrawn at most this often.
const (
	progressDelay  = 2 * time.Second
	progressRedraw = 100 * time.Millisecond
)

func newProgress(w io.Writer) *progress {
	return &progress{w: w, quiet: !isTerminal(w), start: time.Now()}
}

// step reports that `done` of `total` parts are finished and `what` is next. A total of 0 means
// that the number of parts is not known.
func (p *progress) step(done, total int, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.quiet || now.Sub(p.start) < progressDelay || now.Sub(p.last) < progressRedraw {
		return
	}
	p.last = now
	line := what
	if total > 0 {
		line = fmt.Sprintf("%d/%d %s", done, total, what)
	}
	if f, ok := p.w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 1 && len(line) >= width {
			line = line[:width-1]
		}
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	p.shown = true
}

// clear removes the line, before other output.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
