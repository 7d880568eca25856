//go:build unix

package load

import (
	"syscall"
	"time"
)

// own is the CPU time of this process; 0 where the system does not say.
func own() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
