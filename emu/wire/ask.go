// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import "context"

// Exchange asks something that is no command of the agent, over the same frames: the console of device/ answers so. It
// need not be connected. The answer is valid until the next exchange.
func (c *Client) Exchange(ctx context.Context, kind byte, payload []byte) ([]byte, error) {
	how := working
	if c.answered {
		how.wait = how.most // nothing is lost on the way to a device that runs: asking again would only interrupt it
	}
	p, err := c.exchange(ctx, Command(kind), payload, how)
	c.answered = err == nil
	return p, err
}
