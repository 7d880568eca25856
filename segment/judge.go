package segment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
)

// judging is how far customers have been evaluated under other definitions. It is kept
// beside the cursor of the profiles, which stands still until all are.
type judging struct {
	Gone  []string            `json:"gone,omitempty"` // segments that are no more
	Now   time.Time           `json:"now"`
	After flywheel.CustomerID `json:"after,omitempty"`
}

// at is a place with it.
func (j judging) at(place cursor.Place) cursor.Place {
	text, err := json.Marshal(j)
	if err != nil { // a struct of texts and a time
		panic(err)
	}
	place.Wave = string(text)
	return place
}

// resume evaluates the customers that a Define or Retire has left, its own or one that
// did not come to its end, and does nothing when there are none. The runner and Advance
// call it.
func (p *Profiles) resume(ctx context.Context) error {
	cursors, err := cursor.For(p.handle)
	if err != nil {
		return nil // without a cursor nothing stands still
	}
	place, err := cursors.At(ctx, p.name)
	if err != nil || place.Wave == "" {
		return err
	}
	customers, err := p.judged(ctx) // they stay the same while the cursor stands still
	if err != nil {
		return err
	}
	slices.Sort(customers)
	var failed error
	for limit := due.Batch; ; {
		over, mine, part := false, false, []flywheel.CustomerID(nil)
		err := p.handle.InTx(ctx, func(ctx context.Context) (err error) {
			over, part = false, nil
			if place, mine, err = cursors.Lock(ctx, p.name); err != nil || !mine {
				return err
			}
			if over = place.Wave == ""; over {
				return nil
			}
			part, err = p.judgePart(ctx, cursors, place, customers, limit, false)
			return err
		})
		switch {
		case err != nil && limit > 1 && len(part) > 0 && ofEntry(ctx, err): // one of them is to blame
			limit = 1
			continue
		case err != nil && len(part) > 0 && ofEntry(ctx, err):
			failed = errors.Join(failed, fmt.Errorf("segment: customer %q: %w", string(part[0]), err))
			err = p.handle.InTx(ctx, func(ctx context.Context) (err error) {
				if place, mine, err = cursors.Lock(ctx, p.name); err == nil && mine && place.Wave != "" {
					_, err = p.judgePart(ctx, cursors, place, customers, 1, true)
				}
				return err
			})
		case err == nil && !mine: // another worker goes on with it
			err = rest(ctx, busyRest)
		}
		if err != nil {
			return err
		}
		if over {
			return failed
		}
	}
}

// ofEntry reports whether an error is about what was to be done, and no one of the worker
// or its database.
func ofEntry(ctx context.Context, err error) bool {
	return classify(ctx, &consumeError{error: err}) != ofWorker
}

// judgePart evaluates the next customers and moves the place behind them, or past them
// alone; behind the last it ends the wave.
func (p *Profiles) judgePart(ctx context.Context, cursors cursor.Store, place cursor.Place, customers []flywheel.CustomerID, limit int, past bool) (part []flywheel.CustomerID, err error) {
	var j judging
	if err := json.Unmarshal([]byte(place.Wave), &j); err != nil {
		return nil, fmt.Errorf("segment: place of a definition: %w", err)
	}
	from, found := slices.BinarySearch(customers, j.After)
	if found {
		from++
	}
	next := place
	if part = customers[from:min(from+limit, len(customers))]; len(part) == 0 {
		next.Wave = ""
		return nil, cursors.Pause(ctx, p.name, place, next)
	}
	if !past {
		w, err := p.begin(ctx)
		if err != nil {
			return part, err
		}
		if err := w.judge(part, j.Gone, j.Now); err != nil {
			return part, err
		}
		if err := w.finish(); err != nil {
			return part, err
		}
	}
	j.After = part[len(part)-1]
	return part, cursors.Pause(ctx, p.name, place, j.at(place))
}

// judged are the customers that other definitions are about, in the order of the store.
func (p *Profiles) judged(ctx context.Context) (customers []flywheel.CustomerID, err error) {
	for profile, err := range p.store.List(ctx, "") {
		if err != nil {
			return nil, err
		}
		if c := profile.Customer(); c != "" {
			customers = append(customers, c)
		}
	}
	return customers, nil
}

// gone are the segments of before that are no more.
func (w *work) gone(old *engine) (names []string) {
	for _, live := range old.order {
		if _, err := w.engine.find(live.Name); err != nil {
			names = append(names, live.Name)
		}
	}
	return names
}

// judge evaluates customers, and takes the members of segments that are no more out of
// them.
func (w *work) judge(customers []flywheel.CustomerID, gone []string, now time.Time) error {
	persons := make([]flywheel.Person, len(customers))
	for i, customer := range customers {
		persons[i] = flywheel.PersonOf(customer, "")
	}
	if err := w.load(persons...); err != nil {
		return err
	}
	for i, customer := range customers {
		if err := w.evaluate(customer, now, now, causeDefinition, ""); err != nil {
			return err
		}
		for _, name := range gone {
			own, err := w.get(persons[i])
			if err != nil {
				return err
			}
			at, was := slices.BinarySearch(own.Segments, name)
			if !was {
				continue
			}
			if own, err = w.change(persons[i]); err != nil {
				return err
			}
			own.Segments = slices.Delete(own.Segments, at, at+1)
			w.tell(EventExited, name, customer, now, causeDefinition, "")
		}
	}
	return nil
}
