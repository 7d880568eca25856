package imports

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/flywheel-go/flywheel"
)

// LineError names a line of a file that cannot be read.
type LineError struct {
	File string
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("imports: %s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns the cause, which wraps a kind.
func (e *LineError) Unwrap() error { return e.Err }

// MostRefused is how many errors a [Result] keeps.
const MostRefused = 1000

// Result is what became of an import.
type Result struct {
	// Published is the number of events that the sink took; it knows which of them are
	// new.
	Published int
	// Refused are the rows that could not be read, the first [MostRefused] of them, and
	// More how many others there were.
	Refused []error
	More    int
}

// batch is how many events are published at once.
const batch = 500

// Into publishes events in batches, and goes on behind rows that cannot be read. It ends
// with the first error of the sink or of the file as a whole; what was published before
// stays, and importing again continues.
func Into(ctx context.Context, sink flywheel.Sink, events iter.Seq2[flywheel.Event, error]) (r Result, err error) {
	var waiting []flywheel.Event
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		if err := sink.Publish(ctx, waiting...); err != nil {
			return err
		}
		r.Published += len(waiting)
		waiting = nil // the sink may keep it
		return nil
	}
	for e, err := range events {
		if whole, ok := errors.AsType[*fileError](err); ok {
			return r, errors.Join(flush(), whole.error)
		}
		if err == nil {
			err = e.Validate()
		}
		if err != nil {
			if len(r.Refused) < MostRefused {
				r.Refused = append(r.Refused, err)
			} else {
				r.More++
			}
			continue
		}
		if waiting = append(waiting, e); len(waiting) == batch {
			if err := flush(); err != nil {
				return r, err
			}
		}
	}
	return r, flush()
}

// fileError is an error of a file as a whole, with which its sequence ends.
type fileError struct{ error }

// Unwrap returns the error.
func (e *fileError) Unwrap() error { return e.error }
