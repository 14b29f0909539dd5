// SPDX-License-Identifier: GPL-2.0-or-later

// Package house holds the rules of the repository as tests: who may import whom, licence lines,
// file sizes, and that no text names the machine it was written on.
package house
