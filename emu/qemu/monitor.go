// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// ask gives the monitor (QMP) a command and returns what it says.
func (p *process) ask(execute string, arguments any) (text string, err error) {
	if err := p.monitor.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if p.messages == nil {
		p.messages = json.NewDecoder(p.monitor)
	}
	dec, enc := p.messages, json.NewEncoder(p.monitor)
	command := map[string]any{"execute": execute}
	if arguments != nil {
		command["arguments"] = arguments
	}
	commands := []map[string]any{command}
	if !p.negotiated { // once: QEMU refuses to do it again
		commands = append([]map[string]any{{"execute": "qmp_capabilities"}}, commands...)
		p.negotiated = true
	}
	for _, command := range commands {
		if err := enc.Encode(command); err != nil {
			return "", err
		}
		for answered := false; !answered; {
			// Greetings and events come in between.
			var message struct {
				Return *json.RawMessage
				Error  *struct{ Desc string }
			}
			if err := dec.Decode(&message); err != nil {
				return "", err
			}
			if message.Error != nil {
				return "", fmt.Errorf("monitor: %s", message.Error.Desc)
			}
			if message.Return != nil {
				answered = true
				_ = json.Unmarshal(*message.Return, &text)
			}
		}
	}
	return text, nil
}

// pc is the program counter: where a firmware that does not answer hangs.
func (p *process) pc() (uint32, error) {
	text, err := p.ask("human-monitor-command", map[string]string{"command-line": "info registers"})
	if err != nil {
		return 0, err
	}
	return parsePC(text)
}

func (p *process) reset() error {
	_, err := p.ask("system_reset", nil)
	return err
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
