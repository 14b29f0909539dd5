// SPDX-License-Identifier: GPL-2.0-or-later

package linux

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
)

// Object is a program of an object in the kernel, with its maps.
type Object struct {
	collection *ebpf.Collection
	program    *ebpf.Program
}

// Load loads an object made for Linux, with the program of a name.
func Load(object []byte, name string) (*Object, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	c, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if c.Programs[name] == nil {
		c.Close()
		return nil, fmt.Errorf("no program %s", name)
	}
	return &Object{c, c.Programs[name]}, nil
}

// Close gives back what the kernel has of it.
func (o *Object) Close() { o.collection.Close() }

// Run runs the program once: r0, and the context as it left it. Programs of type raw tracepoint only read theirs.
func (o *Object) Run(context []byte) (r0 uint32, after []byte, err error) {
	if o.program.Type() == ebpf.RawTracepoint {
		r0, err = o.program.Run(&ebpf.RunOptions{Context: context})
		return r0, context, err
	}
	after = make([]byte, len(context))
	r0, err = o.program.Run(&ebpf.RunOptions{Context: context, ContextOut: after})
	return r0, after, err
}

// Entries lists the entries of a map, by key; a queue's or stack's values, which it loses.
func (o *Object) Entries(name string) (entries map[string]string, values []string, err error) {
	m := o.collection.Maps[name]
	switch {
	case m == nil:
		return nil, nil, fmt.Errorf("no map %s", name)
	case m.Type() == ebpf.RingBuf:
		values, err = records(m)
		return nil, values, err
	case m.Type() == ebpf.Queue || m.Type() == ebpf.Stack:
		for {
			value := make([]byte, m.ValueSize())
			err := m.LookupAndDelete(nil, &value)
			if errors.Is(err, ebpf.ErrKeyNotExist) {
				return nil, values, nil
			}
			if err != nil {
				return nil, nil, err
			}
			values = append(values, string(value))
		}
	}
	entries = map[string]string{}
	var key, value []byte
	it := m.Iterate()
	for it.Next(&key, &value) {
		entries[string(key)] = string(value)
	}
	return entries, nil, it.Err()
}

// records takes the records that wait in a ring buffer.
func records(m *ebpf.Map) (values []string, err error) {
	r, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		r.SetDeadline(time.Now())
		record, err := r.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		values = append(values, string(record.RawSample))
	}
}
