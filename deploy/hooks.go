// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"context"

	"github.com/fxamacker/cbor/v2"

	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/device"
)

// Hook is something that a program may be attached to (SPEC.md, /hooks).
type Hook struct {
	Program  string          `cbor:"20,keyasint" json:"program"`
	Kind     device.HookKind `cbor:"70,keyasint" json:"-"`
	Argument uint32          `cbor:"71,keyasint" json:"argument"`
	PeriodMS uint32          `cbor:"72,keyasint" json:"period_ms"`
	Path     string          `cbor:"73,keyasint" json:"path"`
	Priority uint8           `cbor:"74,keyasint" json:"priority"`
	Attached bool            `cbor:"75,keyasint" json:"attached"`
	Order    uint32          `cbor:"76,keyasint" json:"order"`       // 0: the first of those on this hook
	Runs     uint32          `cbor:"77,keyasint" json:"runs"`        // of the program, for any of its hooks
	Over     uint32          `cbor:"78,keyasint" json:"over_budget"` // times it was detached because it took too much, or faulted in an interrupt
}

// Hook is the hook itself.
func (h Hook) Hook() device.Hook {
	return device.Hook{Kind: h.Kind, Argument: h.Argument, PeriodMS: h.PeriodMS, Path: h.Path, Priority: h.Priority}
}

// Hooks lists what programs are attached to, or may be.
func (d Device) Hooks(ctx context.Context) (h []Hook, err error) {
	return list[Hook](ctx, d, "hooks")
}

// Attach attaches a program to a hook that its manifest grants; nil: to all of them.
func (d Device) Attach(ctx context.Context, name string, h *device.Hook) error {
	return d.changeHook(ctx, name, "attach", h)
}

// Detach is the contrary.
func (d Device) Detach(ctx context.Context, name string, h *device.Hook) error {
	return d.changeHook(ctx, name, "detach", h)
}

func (d Device) changeHook(ctx context.Context, name, verb string, h *device.Hook) error {
	r := post("p/" + name + "/" + verb)
	if h != nil {
		body, err := cbor.Marshal([]any{uint8(h.Kind), h.Argument, h.PeriodMS, h.Path, h.Priority})
		if err != nil {
			return err
		}
		r = client.Request{Method: coap.POST, Path: r.Path, Format: formatCBOR, Body: body}
	}
	return d.ask(ctx, r, nil)
}
