// SPDX-License-Identifier: GPL-2.0-or-later

// Package planner analyses a program on the host, and writes the plan that goes with it: what was found out, for the
// compiler on the device to follow and check. Look tells what is known of a program, Of makes its plan. Each analysis is
// a package below this one, with a text form and tests of its own; the result of one is read-only to those after it:
//
//	cfg       blocks and edges of each function
//	loops     the forest of natural loops, and how often blocks are expected to run
//	ranges    bounds, bits and provenance of registers and words of the frame, by abstract interpretation
//	affine    counters of loops, and addresses as sums of variables that an iteration moves by a constant
//	liveness  which 32-bit halves of registers, and words of the frame, are read later
//	alloc     their locations: ARM registers and spill slots
//	bounds    how much a program executes at most, by the length of its context
//	judge     the device's compiler, run on the host: what it follows of a plan, and which checks are left
//	plan      the plan: its text form, its encoder and decoder
//
// Nothing here is trusted by the device, and nothing here runs programs.
package planner
