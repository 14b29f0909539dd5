// SPDX-License-Identifier: GPL-2.0-or-later

// Package wire is the host's side of the protocol of abi/wire.h: it turns jobs into requests to
// the agent in the firmware and answers into samples, over any link that carries bytes. What is
// lost or damaged on the way is asked for again; the agent never does the same request twice.
package wire
