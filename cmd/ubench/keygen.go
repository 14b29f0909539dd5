// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
)

func keygenCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "keygen",
		Usage:     "make a key that signs programs, and a secret for requests to devices",
		ArgsUsage: "NAME [flags]",
		Description: `Three files are written, and none is written over:

  NAME.key       signs programs. Keep it secret
  NAME.pub       its public part: devices that have it take programs that NAME.key signed
  NAME.operator  a secret shared with devices, which protects requests to them. Keep it secret

Firmware is built with the last two. Development keys work in the same way, but production firmware refuses them.

Examples:
  ubench keygen weather
  make device KEYS=weather.pub OPERATORS=weather.operator PRODUCTION=1
  ubench keygen bench --development`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "development", Usage: "mark them as development keys"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(c *cli.Context) error { return e.keygen(c) },
	}
}

// generated is what keygen --json prints.
type generated struct {
	Key         string `json:"key"`
	Public      string `json:"public"`
	KeyID       string `json:"key_id"`
	Operator    string `json:"operator"`
	OperatorID  string `json:"operator_id"`
	Development bool   `json:"development"`
}

func (e *env) keygen(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("say what the keys are to be called: ubench keygen NAME")
	}
	name, development := c.Args().First(), c.Bool("development")
	key, err := suit.GenerateKey(development)
	if err != nil {
		return err
	}
	operator, err := oscore.GenerateOperator(development)
	if err != nil {
		return err
	}
	private, err := key.PEM()
	if err != nil {
		return err
	}
	public, err := key.Public().PEM()
	if err != nil {
		return err
	}
	files := []newFile{{name + ".key", private, 0o600}, {name + ".pub", public, 0o644}, {name + ".operator", operator.File(), 0o600}}
	if err := createAll(files); err != nil {
		return err
	}
	g := generated{files[0].name, files[1].name, key.Public().ID().String(), files[2].name, hex.EncodeToString(operator.ID()), development}
	if c.Bool("json") {
		return json.NewEncoder(e.stdout).Encode(g)
	}
	_, err = fmt.Fprintf(e.stdout, "%s signs programs, as key %s. Keep it secret.\n%s is for devices that are to take them: make device KEYS=%s\n"+
		"%s is for who may tell them what to do, operator %s. Keep it secret: make device OPERATORS=%s\n",
		g.Key, g.KeyID, g.Public, g.Public, g.Operator, g.OperatorID, g.Operator)
	return err
}

// newFile is one that is not there yet.
type newFile struct {
	name    string
	content []byte
	mode    fs.FileMode
}

// createAll writes all files, or none: one that is there stays as it is.
func createAll(files []newFile) error {
	for i, n := range files {
		err := create(n)
		if err == nil {
			continue
		}
		for _, written := range files[:i] {
			err = errors.Join(err, os.Remove(written.name))
		}
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already: choose another name, or move it away", n.name)
		}
		return err
	}
	return nil
}

func create(n newFile) (err error) {
	f, err := os.OpenFile(n.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, n.mode)
	if err != nil {
		return err
	}
	_, err = f.Write(n.content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(n.name))
	}
	return nil
}
