//go:build !unix

package load

import "time"

// own is the CPU time of this process; 0 where the system does not say.
func own() time.Duration { return 0 }
