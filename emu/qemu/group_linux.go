// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"os/exec"
	"syscall"
)

// ownGroup gives the process a group of its own, so that a Ctrl-C at the terminal reaches only us,
// who then end it; should we die first, the kernel does.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
