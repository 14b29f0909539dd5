// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/trace"
)

func traceNames() string {
	var names []string
	for _, t := range trace.All() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// How long is watched where nobody says so and nobody can press Ctrl-C, and how often it is looked.
const watchFor, watchPause = 5 * time.Second, time.Second

// watchDevice deploys a tracer, shows what it sees, and takes it away.
func (e *env) watchDevice(c *cli.Context, d deploy.Device, t trace.Tracer) (err error) {
	p, err := deviceProfileOf(c)
	if err != nil {
		return err
	}
	key, err := p.signingKey()
	if err != nil {
		return err
	}
	watched, long := isTerminal(e.stdout) && !c.Bool("json"), c.Duration("for")
	if long < 0 || (c.IsSet("for") && long == 0) {
		return usagef("--for %v: write a time, as in 10s", long)
	}
	if long == 0 && !watched {
		long = watchFor
	}
	s, err := trace.Start(c.Context, d, t, key)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context), 30*time.Second)
		defer cancel()
		err = errors.Join(err, s.Stop(ctx))
	}()
	end := time.Now().Add(long)
	for {
		wait := watchPause
		if long > 0 {
			wait = time.Until(end)
			if watched {
				wait = min(wait, watchPause)
			}
		}
		select {
		case <-c.Context.Done():
			return nil
		case <-time.After(max(wait, 0)):
		}
		last := long > 0 && !time.Now().Before(end)
		r, err := s.Read(c.Context)
		if err != nil {
			return err
		}
		if c.Bool("json") {
			return e.printJSON(r)
		}
		if watched {
			fmt.Fprint(e.stdout, "\x1b[H\x1b[2J")
		}
		if _, err := fmt.Fprintf(e.stdout, "%s for %.1f s of the device's clock\n", t.Name, r.Seconds); err != nil {
			return err
		}
		if err := r.WriteText(e.stdout); err != nil || last {
			return err
		}
	}
}
