//go:build unix

package transport

import "syscall"

// canPeek says whether a connection shows that the server has closed it.
const canPeek = true

// peekSocket looks at what the server has sent while nobody waited for it. Nothing may be there, not even an end.
func (c *directConn) peekSocket(fd uintptr) bool {
	_, _, err := syscall.Recvfrom(int(fd), c.peeked[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT) // #nosec G115 -- a descriptor
	c.open = err == syscall.EAGAIN
	return true
}
