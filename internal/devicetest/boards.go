// SPDX-License-Identifier: GPL-2.0-or-later

//go:build !sanitize

package devicetest

// Under sanitizers (sanitize.go) boards are left out.
const deskOnly = false
