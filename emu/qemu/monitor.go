// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// pc asks the monitor (QMP) for the program counter: where a firmware that does not answer hangs.
func (p *process) pc() (uint32, error) {
	if err := p.monitor.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	if p.messages == nil {
		p.messages = json.NewDecoder(p.monitor)
	}
	dec, enc := p.messages, json.NewEncoder(p.monitor)
	commands := []map[string]any{
		{"execute": "human-monitor-command", "arguments": map[string]string{"command-line": "info registers"}},
	}
	if !p.negotiated { // once: QEMU refuses to do it again
		commands = append([]map[string]any{{"execute": "qmp_capabilities"}}, commands...)
		p.negotiated = true
	}
	var text string
	for _, command := range commands {
		if err := enc.Encode(command); err != nil {
			return 0, err
		}
		for answered := false; !answered; {
			// Greetings and events come in between.
			var message struct {
				Return *json.RawMessage
				Error  *struct{ Desc string }
			}
			if err := dec.Decode(&message); err != nil {
				return 0, err
			}
			if message.Error != nil {
				return 0, fmt.Errorf("monitor: %s", message.Error.Desc)
			}
			if message.Return != nil {
				answered = true
				_ = json.Unmarshal(*message.Return, &text)
			}
		}
	}
	return parsePC(text)
}

var pcPattern = regexp.MustCompile(`R15=([0-9a-f]{8})`)

func parsePC(registers string) (uint32, error) {
	m := pcPattern.FindStringSubmatch(registers)
	if m == nil {
		return 0, fmt.Errorf("monitor: no R15 in %q", registers)
	}
	pc, err := strconv.ParseUint(m[1], 16, 32)
	return uint32(pc), err
}
