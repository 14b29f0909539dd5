// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// Member is a device of a fleet.
type Member struct {
	Address string
	Labels  []string
}

// ReadFleet reads a file: an address in each line, then labels. # begins a remark.
func ReadFleet(path string) ([]Member, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []Member
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			all = append(all, Member{words[0], words[1:]})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no device is listed there", path)
	}
	return all, nil
}

// WithLabel picks those that have a label; "" is all.
func WithLabel(all []Member, label string) ([]Member, error) {
	if label == "" {
		return all, nil
	}
	var some []Member
	for _, m := range all {
		if slices.Contains(m.Labels, label) {
			some = append(some, m)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no device has the label %q", label)
	}
	return some, nil
}

// Waves say how a fleet is gone through: so many devices first, then twice as many each time; and when to stop.
type Waves struct {
	First    int // devices of the first wave; 0: all at once
	AtOnce   int // devices at the same time; 0 is 8
	Failures int // stop after so many; 0 is 1
}

// ErrNotTried is a device that was left alone, because others failed before its turn.
var ErrNotTried = errors.New("not tried: others failed before")

// Through does something with each device, wave by wave, and tells what came of each. It returns how many it was well with.
func (w Waves) Through(ctx context.Context, fleet []Member, do func(context.Context, Member) error, told func(Member, error)) (well int) {
	atOnce, most := w.AtOnce, max(w.Failures, 1)
	if atOnce <= 0 {
		atOnce = 8
	}
	size := w.First
	if size <= 0 {
		size = len(fleet)
	}
	var mu sync.Mutex
	failed := 0
	for len(fleet) > 0 {
		wave := fleet[:min(size, len(fleet))]
		fleet = fleet[len(wave):]
		size *= 2
		var wait sync.WaitGroup
		places := make(chan struct{}, atOnce)
		for _, m := range wave {
			places <- struct{}{}
			mu.Lock()
			stop := failed >= most || ctx.Err() != nil
			mu.Unlock()
			if stop {
				<-places
				told(m, ErrNotTried)
				continue
			}
			wait.Go(func() {
				defer func() { <-places }()
				err := do(ctx, m)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed++
				} else {
					well++
				}
				told(m, err)
			})
		}
		wait.Wait()
	}
	return well
}
