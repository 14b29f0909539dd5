// SPDX-License-Identifier: GPL-2.0-or-later

//go:build sanitize

package devicetest

// Under sanitizers only what is compiled for the host is tested.
const deskOnly = true
