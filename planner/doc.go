// SPDX-License-Identifier: GPL-2.0-or-later

// Package planner writes the plan that goes with a program: what the desk found out about it, for the
// device's compiler to follow and check. Each analysis is a package below this one, with a text form
// and tests of its own; the result of one is read-only to those after it:
//
//	cfg       blocks and edges of each function
//	loops     the forest of natural loops, and how often blocks are expected to run
//	ranges    bounds, bits and provenance of registers and words of the frame, by abstract interpretation
//	affine    counters of loops, and addresses as sums of what a turn moves by a constant
//	liveness  which 32-bit halves of registers, and words of the frame, are needed where
//	alloc     where they live
//	bounds    how much a program executes at most, by the length of its context
//	judge     the device's compiler, on the desk: what it follows of a plan, and what comes of it
//	plan      what is said to the device: its text form, its encoder and decoder
//
// Nothing here is trusted by the device, and nothing here runs programs.
package planner
