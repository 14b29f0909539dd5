// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
)

// deviceProfile is what need not be typed each time.
type deviceProfile struct {
	To       string `json:"to,omitempty"`
	Key      string `json:"key,omitempty"`
	Operator string `json:"operator,omitempty"`
}

// deviceFlags say which device, and who we are.
func deviceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "to", Usage: "`ADDRESS` of the device: coap://HOST[:PORT]; the default is that of the profile"},
		&cli.StringFlag{Name: "operator", Usage: "`FILE` of ubench keygen with the operator's secret; the default is that for development"},
		&cli.StringFlag{Name: "profile", Usage: "`FILE` with to, key and operator as JSON (ubench device use)"},
		&cli.BoolFlag{Name: "json", Usage: "print JSON"},
	}
}

// profilePath is the file, and whether it was asked for.
func profilePath(c *cli.Context) (path string, asked bool, err error) {
	if path = c.String("profile"); path != "" {
		return path, true, nil
	}
	if path = os.Getenv("UBENCH_PROFILE"); path != "" {
		return path, true, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false, err
	}
	return filepath.Join(dir, "ubench", "profile.json"), false, nil
}

// deviceProfileOf reads the profile, with flags in place of what it says.
func deviceProfileOf(c *cli.Context) (p deviceProfile, err error) {
	path, asked, err := profilePath(c)
	if err != nil {
		return p, err
	}
	b, err := os.ReadFile(path)
	if err != nil && (asked || !errors.Is(err, os.ErrNotExist)) {
		return p, err
	}
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&p); err != nil {
			return p, fmt.Errorf("%s: %w", path, err)
		}
	}
	for name, to := range map[string]*string{"to": &p.To, "key": &p.Key, "operator": &p.Operator} {
		if v := c.String(name); v != "" {
			*to = v
		}
	}
	return p, nil
}

func (p *deviceProfile) operator() (*oscore.Operator, error) {
	if p.Operator == "" {
		return oscore.DevelopmentOperator, nil
	}
	return oscore.ReadOperator(p.Operator)
}

func (p *deviceProfile) signingKey() (*suit.SigningKey, error) {
	if p.Key == "" {
		return suit.DevelopmentKey.SigningKey, nil
	}
	return suit.ReadSigningKey(p.Key)
}

// sequencePath is where numbers of an operator's requests are kept.
func sequencePath(o *oscore.Operator) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "ubench")
	return filepath.Join(dir, "oscore-"+hex.EncodeToString(o.ID())), os.MkdirAll(dir, 0o700)
}

// meetTimeout is how long a device is waited for before it is given up. An emulated one may get no time for long.
const meetTimeout = time.Minute

// reach connects to a device. Close it.
func (p *deviceProfile) reach(ctx context.Context) (deploy.Device, error) {
	if p.To == "" {
		return deploy.Device{}, usagef("say which device: --to coap://HOST:PORT, or ubench device use coap://HOST:PORT once")
	}
	operator, err := p.operator()
	if err != nil {
		return deploy.Device{}, err
	}
	sequence, err := sequencePath(operator)
	if err != nil {
		return deploy.Device{}, err
	}
	to, err := client.DialUDP(p.To)
	if err != nil {
		return deploy.Device{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, meetTimeout)
	defer cancel()
	conn, err := client.Connect(ctx, to, operator, sequence)
	if err != nil {
		to.Close()
		if errors.Is(err, context.DeadlineExceeded) {
			err = client.ErrNoAnswer
		}
		return deploy.Device{}, fmt.Errorf("%s: %w", p.To, err)
	}
	return deploy.Device{Conn: conn}, nil
}

// useDevice writes the profile.
func (e *env) useDevice(c *cli.Context, address string) error {
	if _, err := client.Address(address); err != nil {
		return usagef("%v", err)
	}
	p, err := deviceProfileOf(c)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	p.To = address
	path, _, err := profilePath(c)
	if err != nil {
		return err
	}
	for _, file := range []*string{&p.Key, &p.Operator} { // found from anywhere
		if *file != "" {
			if *file, err = filepath.Abs(*file); err != nil {
				return err
			}
		}
	}
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := writeFile(path, append(b, '\n')); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s is the device of %s\n", strings.TrimSpace(address), path)
	return err
}
