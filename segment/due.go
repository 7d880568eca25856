package segment

import (
	"context"
	"time"
)

// Due returns the job of a service for which time makes something due, and which is no
// consumer of the log: every five seconds its Advance is called until nothing is left.
// Consumers that are [Timed] need none, the [Runner] calls them.
func Due(name string, s Timed) Job {
	return Job{Name: name, Every: 5 * time.Second, Run: func(ctx context.Context, now time.Time) error {
		for {
			if more, err := s.Advance(ctx, now); err != nil || !more {
				return err
			}
		}
	}}
}
