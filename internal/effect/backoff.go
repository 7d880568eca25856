package effect

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// Backoff says how long to wait after each failed attempt.
type Backoff struct {
	// Delays are those after the first, second, … failure. When the attempt after
	// the last has failed too, the effect is dead.
	Delays []time.Duration
	// Jitter is the fraction by which a delay may be longer, so that what failed
	// together is not tried together. It follows from the ID: no draw is random.
	Jitter float64
}

// DefaultBackoff tries six times within 15 hours.
var DefaultBackoff = Backoff{
	Delays: []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour}, Jitter: 0.1,
}

// After returns how long to wait after so many failures of the effect called id;
// false when it is dead.
func (b Backoff) After(id string, failures int) (time.Duration, bool) {
	if failures < 1 || failures > len(b.Delays) {
		return 0, false
	}
	delay := b.Delays[failures-1]
	if b.Jitter > 0 {
		sum := sha256.Sum256([]byte(id + "#" + strconv.Itoa(failures)))
		share := float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53)
		delay += time.Duration(share * b.Jitter * float64(delay)).Truncate(time.Microsecond)
	}
	return delay, true
}
