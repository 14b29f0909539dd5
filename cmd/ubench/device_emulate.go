// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/emu/field"
)

// firmwareFolder is where make device puts firmware: below here, or beside the program in bin/.
func firmwareFolder() string {
	const built = "build/device"
	if _, err := os.Stat(built); err == nil {
		return built
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "..", built)
		if _, err := os.Stat(beside); err == nil {
			return beside
		}
	}
	return built
}

func (e *env) emulateDevice(c *cli.Context, _ []string) error {
	return e.serveDevice(c, c.String("target"))
}

func (e *env) bridgeDevice(c *cli.Context, args []string) error {
	return e.serveDevice(c, "serial:"+args[0])
}

// serveDevice runs a device until it ends or we are interrupted.
func (e *env) serveDevice(c *cli.Context, target string) error {
	d, err := field.Start(c.Context, field.Options{
		Target: target, Firmware: c.String("firmware"), Folder: firmwareFolder(), State: c.String("state"), Listen: c.String("listen"),
		Text: func(b []byte) { fmt.Fprintf(e.stderr, "%s", b) },
	})
	if err != nil {
		return err
	}
	defer d.Close()
	if c.Bool("json") {
		err = e.printJSON(map[string]string{"target": target, "address": "coap://" + d.Address})
	} else {
		_, err = fmt.Fprintf(e.stdout, "%s serves at coap://%s\n", target, d.Address)
	}
	if err != nil {
		return err
	}
	select {
	case <-d.Done():
		return fmt.Errorf("the device ended: %w", d.Err())
	case <-c.Context.Done():
		return nil
	}
}
