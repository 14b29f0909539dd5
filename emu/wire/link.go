// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// Link carries bytes to the agent and back. What arrives may be damaged.
type Link interface {
	// Write sends all of p.
	Write(p []byte) (int, error)
	// Read waits for bytes, at most until ctx ends, whose error it then returns. A link that knows
	// that the device has nothing to send and waits for more returns ErrSilent at once.
	Read(ctx context.Context, p []byte) (int, error)
}

// Lossless is a link that loses nothing and says ErrSilent when no answer will come. On such a one nothing is asked again because an
// answer takes long: what comes a second time would interrupt what the device does, and be counted with it.
type Lossless interface {
	Link
	Lossless()
}

// ErrSilent is what Link.Read returns when no bytes will come until some are sent.
var ErrSilent = errors.New("the device is waiting for input")

// Conn is a connection with deadlines: a net.Conn, or the master of a pty.
type Conn interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// ConnLink makes a Link of a connection.
func ConnLink(c Conn) Link { return connLink{c} }

type connLink struct{ conn Conn }

// writeTimeout ends a write to a peer that has stopped reading. Frames are short, so it never
// strikes a live one, however little time a busy computer gives it.
const writeTimeout = 5 * time.Minute

func (l connLink) Write(p []byte) (int, error) {
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return l.conn.Write(p)
}

func (l connLink) Read(ctx context.Context, p []byte) (int, error) {
	deadline, _ := ctx.Deadline()
	if err := l.conn.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	n, err := l.conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// The connection's timer may go off a moment before that of ctx: whoever asks ctx next is
		// to find it ended.
		<-ctx.Done()
		return n, ctx.Err()
	}
	return n, err
}
