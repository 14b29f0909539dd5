// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import "context"

// Exchange asks something that is no command of the agent, over the same frames: the console of device/ answers so. It
// need not be connected. The answer is valid until the next exchange.
func (c *Client) Exchange(ctx context.Context, kind byte, payload []byte) ([]byte, error) {
	return c.exchange(ctx, Command(kind), payload, working)
}
