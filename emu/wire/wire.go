// SPDX-License-Identifier: GPL-2.0-or-later

// Package wire is the host's side of the protocol of abi/wire.h: it turns jobs into requests to
// the agent in the firmware and answers into outcomes, over any link that carries bytes. A request that is
// lost or damaged on the way is sent again; the agent never executes the same request twice.
package wire
