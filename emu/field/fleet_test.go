// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// startFleet starts n devices, and reads the file that lists them: every other one has a label of its own.
func startFleet(t *testing.T, n int) []deploy.Member {
	t.Helper()
	var file strings.Builder
	for i := range n {
		fmt.Fprintf(&file, "coap://%s %s # number %d\n", start(t, "host", t.TempDir()).Address, []string{"even", "odd"}[i%2], i)
	}
	path := filepath.Join(t.TempDir(), "fleet")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	fleet, err := deploy.ReadFleet(path)
	if err != nil || len(fleet) != n {
		t.Fatalf("%d devices, %v", len(fleet), err)
	}
	if even, err := deploy.WithLabel(fleet, "even"); err != nil || len(even) != (n+1)/2 {
		t.Errorf("%d devices have the label, %v", len(even), err)
	}
	return fleet
}

// readers is an application of three programs.
func readers(t *testing.T) deploy.Job {
	t.Helper()
	job := deploy.Job{Application: "readers", Key: suit.DevelopmentKey.SigningKey, Sequence: 1}
	for _, x := range examples.WeatherStation() {
		if !strings.HasPrefix(x.Name, "coap_") && x.Name != "update_light" {
			continue
		}
		program, err := image.LoadObject(x.Name, x.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ReplaceAll(x.Name, "coap_surroundings", "outside")
		job.Programs = append(job.Programs, deploy.Built{Spec: deploy.Spec{Name: name, Answers: "known"}, Program: program})
	}
	return job
}

// reach connects to a device of a fleet; numbers is the file with those of its operator's requests.
func reach(ctx context.Context, m deploy.Member, numbers string) (deploy.Device, error) {
	to, err := client.DialUDP(m.Address)
	if err != nil {
		return deploy.Device{}, err
	}
	c, err := client.Connect(ctx, to, oscore.DevelopmentOperator, numbers)
	return deploy.Device{Conn: c}, err
}

// deploying is what waves do with each device.
func deploying(job deploy.Job, numbers string) func(context.Context, deploy.Member) error {
	return func(ctx context.Context, m deploy.Member) error {
		d, err := reach(ctx, m, numbers)
		if err != nil {
			return err
		}
		defer d.Close()
		mine := job
		_, err = mine.Do(ctx, d)
		return err
	}
}

// A fleet gets an application of three programs, wave by wave; then another one, which every device refuses: that stops
// after the first failures, and nothing of it stays anywhere. UBENCH_FLEET says of how many devices.
func TestFleet(t *testing.T) {
	n := testenv.Number(t, "UBENCH_FLEET", 3)
	fleet, job, numbers := startFleet(t, n), readers(t), filepath.Join(t.TempDir(), "sequence")
	begun := time.Now()
	well := deploy.Waves{First: 1}.Through(t.Context(), fleet, deploying(job, numbers), func(m deploy.Member, err error) {
		if err != nil {
			t.Errorf("%s: %v", m.Address, err)
		}
	})
	if well != n {
		t.Errorf("%d of %d have it", well, n)
	}
	t.Logf("%d devices, three programs each, in %v", n, time.Since(begun).Round(10*time.Millisecond))

	bad := job
	bad.Sequence = 2
	greedy := deploy.Built{Spec: deploy.Spec{Name: "greedy", Context: 1 << 19}, Program: job.Programs[0].Program} // more memory than there is
	bad.Programs = append(slices.Clone(job.Programs), greedy)
	var mu sync.Mutex
	failed, untried := 0, 0
	well = deploy.Waves{First: 1, AtOnce: 1, Failures: 2}.Through(t.Context(), fleet, deploying(bad, numbers), func(_ deploy.Member, err error) {
		mu.Lock()
		defer mu.Unlock()
		if errors.Is(err, deploy.ErrNotTried) {
			untried++
		} else if err != nil && strings.Contains(err.Error(), "nothing of readers was kept") {
			failed++
		}
	})
	if well != 0 || failed != 2 || untried != n-2 {
		t.Errorf("%d have it, %d refused it, %d were not tried", well, failed, untried)
	}
	for _, m := range fleet {
		checkReaders(t, m, numbers)
	}
}

// checkReaders says that a device has the first version of the application, and nothing else.
func checkReaders(t *testing.T, m deploy.Member, numbers string) {
	t.Helper()
	d, err := reach(t.Context(), m, numbers)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	programs, err := d.Programs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) != 3 {
		t.Errorf("%s has %d programs", m.Address, len(programs))
	}
	for _, p := range programs {
		if p.Sequence != 1 || p.TrialLeftMS != nil {
			t.Errorf("%s has %+v", m.Address, p)
		}
	}
}
