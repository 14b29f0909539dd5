// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

// #include "emu/unicorn/machine.h"
import "C"

import (
	"fmt"
	"runtime"
	"sync"
)

// CanModel tells why there can be no timing model with the libunicorn in use, nil if there can be: models depend on
// what is loaded from where, and some versions do not tell it on some computers.
var CanModel = sync.OnceValue(func() error {
	const loads = 3
	if n := C.unicorn_loads_told(); n != loads {
		major, minor := Version()
		return fmt.Errorf("libunicorn %d.%d on %s tells of %d loads in %d, so that cycles cannot be modelled: install libunicorn 2.1.2 or newer, or count instructions only (target unicorn+no-cycles)",
			major, minor, runtime.GOARCH, n, loads)
	}
	return nil
})
