package hostile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/hostile"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/planner"
)

func TestZV(t *testing.T) {
	i := environment(t, "N", 344)
	p := progen.Numbered(uint64(environment(t, "SEED", 7)), i)
	a := hostile.NewAdversary(machine(t, unicorn.CortexM4), 7, 0)
	c, err := a.Try(p, honest(p), 1)
	fmt.Println(err)
	if c != nil {
		fmt.Println(c.Difference)
	}
	for slot := 0; slot < len(p.Text)/8; {
		text, n := image.Disassemble(p.Text, slot, nil)
		fmt.Println(slot, text)
		slot += n
	}
	l, _ := p.Linked()
	r, err := planner.Of(l)
	fmt.Println(err)
	if err == nil {
		fmt.Println(r.Plan)
	}
}

func TestZU(t *testing.T) {
	for i := range environment(t, "N", 800) {
		p := progen.Numbered(7, i)
		s := time.Now()
		honest(p)
		if d := time.Since(s); d > 3*time.Second {
			fmt.Println(i, d, len(p.Text)/8)
		}
	}
}

func TestZT(t *testing.T) {
	p := progen.Numbered(7, environment(t, "N", 59))
	s := time.Now()
	l, _ := p.Linked()
	_, err := planner.Of(l)
	fmt.Println(time.Since(s), err)
}
