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
	work  time.Time // when the first of the parts that are being counted began
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
	if done == 0 {
		p.work = now
	}
	if p.quiet || now.Sub(p.start) < progressDelay || now.Sub(p.last) < progressRedraw {
		return
	}
	p.last = now
	line := what
	if total > 0 {
		line = fmt.Sprintf("%d/%d %s%s", done, total, what, left(done, total, now.Sub(p.work)))
	}
	if f, ok := p.w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 1 && len(line) >= width {
			line = line[:width-1]
		}
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	p.shown = true
}

// left says how long the parts that are not done will take if they are like those that are.
func left(done, total int, spent time.Duration) string {
	if done == 0 || spent < time.Second {
		return ""
	}
	remains := spent * time.Duration(total-done) / time.Duration(done)
	return fmt.Sprintf(", about %v left", max(remains, time.Second).Round(time.Second))
}

// watch shows, from time to time, for how long one thing has been going on, until the function it returns is called.
func (p *progress) watch(what string) (stop func()) {
	if p.quiet {
		return func() {}
	}
	begin, ended, gone := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.step(0, 0, fmt.Sprintf("%s, for %v so far; Ctrl-C ends it", what, time.Since(begin).Round(time.Second)))
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-gone
		p.clear()
	}
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
