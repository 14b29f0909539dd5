// SPDX-License-Identifier: GPL-2.0-or-later

package deploy_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/image"
)

// seven is a program: r0 = 7; exit.
func seven() *image.Program {
	program, err := image.FromText("seven", []byte{0xb7, 0, 0, 0, 7, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		log.Fatal(err)
	}
	return program
}

// What is signed of a program says how it runs, and what it may use.
func ExampleSpec_Manifest() {
	spec := deploy.Spec{Name: "seven", Engine: "vm", Period: "2s", Trial: "60s"}
	manifest, format, err := spec.Manifest(seven(), "netduino2")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(manifest.Board, format, manifest.Start, manifest.Trial)
	// Output: netduino2 packed true 1m0s
}

// A program is signed, sent and started, and asked for what it answers. There has to be a device for this, as
// `ubench device emulate` starts one, with an operator's secret and a key that it knows.
func ExampleJob_Do() {
	operator, err := oscore.ReadOperator("operator.key")
	if err != nil {
		log.Fatal(err)
	}
	key, err := suit.ReadSigningKey("signing.key")
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	to, err := client.DialUDP("coap://192.0.2.7")
	if err != nil {
		log.Fatal(err)
	}
	defer to.Close()
	conn, err := client.Connect(ctx, to, operator, "requests")
	if err != nil {
		log.Fatal(err)
	}
	device := deploy.Device{Conn: conn}

	job := deploy.Job{Programs: []deploy.Built{{Spec: deploy.Spec{Name: "seven", Engine: "vm"}, Program: seven()}}, Key: key}
	deployed, err := job.Do(ctx, device)
	if err != nil {
		log.Fatal(err)
	}
	result, err := device.Run(ctx, "seven", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d bytes are on %s, r0 is %d\n", deployed.Bytes, deployed.Board, result.R0)
}

// What cannot be deployed is refused before anything is sent.
func ExampleSpec_Manifest_refused() {
	spec := deploy.Spec{Name: "seven", Engine: "quick"}
	_, _, err := spec.Manifest(seven(), "netduino2")
	fmt.Println(err)
	// Output: seven: engine "quick": choose jit, jit-mpu, jit-plan, vm
}
