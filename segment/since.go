package segment

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Since returns the position behind which everything was received at an instant or
// later, so that Entries of Query{After: position} begin with what happened since. It
// costs a read of one entry for each binary digit of the number of entries.
func (l *Log) Since(ctx context.Context, at time.Time) (flywheel.Position, error) {
	last, err := l.Last(ctx)
	if err != nil {
		return 0, err
	}
	low, high := flywheel.Position(0), last
	for low < high { // the answer is in [low, high]
		middle := low + (high-low)/2
		next, err := l.Read(ctx, middle, 1)
		if err != nil {
			return 0, err
		}
		if len(next) == 0 || !next[0].Received.Before(at) {
			high = middle
			continue
		}
		low = next[0].Position
	}
	return low, nil
}
