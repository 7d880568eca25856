package campaign

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// DryRun is what a journey would have done with a stretch of a log.
type DryRun struct {
	Tally Tally `json:"tally"`
	// Standing counts the runs that would be under way at the end, by step.
	Standing map[string]int64 `json:"standing,omitempty"`
	// Messages counts those that would have been sent, by step.
	Messages map[string]int64 `json:"messages,omitempty"`
}

// Try lets a journey take entries of a log, in order, on an engine of its own that keeps
// nothing, sends nothing and tells nobody: as if it had been launched before the first of
// them, alone, by the trusted clock of the log up to an instant. Of opts the Policy,
// Location, Lateness and Attributes hold, nil is the defaults; every message is accepted.
// A journey that [Engine.Launch] would refuse is refused as there. It costs what the
// engine does with the entries, and a look at what is due for every hour between the first
// of them and until.
func Try(ctx context.Context, j Journey, opts *Options, entries iter.Seq2[flywheel.Entry, error], until time.Time) (DryRun, error) {
	dry := DryRun{Messages: map[string]int64{}}
	var of Options
	if opts != nil {
		of = Options{Policy: opts.Policy, Location: opts.Location, Lateness: opts.Lateness, Attributes: opts.Attributes}
	}
	now := time.Unix(0, 0).UTC()
	of.Now = func() time.Time { return now }
	var mu sync.Mutex
	of.Sender = SenderFunc(func(_ context.Context, m Message) error {
		mu.Lock()
		defer mu.Unlock()
		dry.Messages[m.Step]++
		return nil
	})
	engine, err := New(nil, &of)
	if err != nil {
		return DryRun{}, err
	}
	if err := engine.Launch(ctx, j, nil); err != nil {
		return DryRun{}, err
	}
	rest := func(to time.Time) error { // what is due by then
		if to.After(now) {
			now = to
		}
		for _, due := range []func(context.Context, time.Time) (bool, error){engine.Advance, engine.Deliver} {
			for more := true; more; {
				var err error
				if more, err = due(ctx, now); err != nil {
					return err
				}
			}
		}
		return nil
	}
	pass := func(to time.Time) error { // hour by hour, as a clock does
		for next := now.Truncate(time.Hour).Add(time.Hour); next.Before(to); next = next.Add(time.Hour) {
			if err := rest(next); err != nil {
				return err
			}
		}
		return rest(to)
	}
	began := false
	for e, err := range entries {
		if err != nil {
			return DryRun{}, err
		}
		if e.Received.After(until) {
			break
		}
		if !began {
			now, began = e.Received, true
		}
		if e.Received.Sub(now) >= time.Minute {
			if err := pass(e.Received); err != nil {
				return DryRun{}, err
			}
		}
		if err := engine.Consume(ctx, []flywheel.Entry{e}); err != nil {
			return DryRun{}, err
		}
	}
	if began {
		if err := pass(until); err != nil {
			return DryRun{}, err
		}
	}
	if dry.Standing, err = engine.Standing(ctx, j.ID); err != nil {
		return DryRun{}, err
	}
	report, err := engine.Report(ctx)
	if err != nil {
		return DryRun{}, fmt.Errorf("campaign: dry run: %w", err)
	}
	dry.Tally.Journey = j.ID
	for _, t := range report {
		if t.Journey == j.ID {
			dry.Tally = t
		}
	}
	return dry, nil
}
