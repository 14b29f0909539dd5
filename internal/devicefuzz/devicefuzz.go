// SPDX-License-Identifier: GPL-2.0-or-later

// Package devicefuzz keeps what was found by fuzzing what comes to a device from outside (make device-fuzz), and runs it again.
package devicefuzz
