package effect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/handle"
)

const (
	kindTold  = "tell"
	toldLease = 2 * time.Minute
)

// Tell reports events to a sink from within the transaction of own, the database
// of the facts they are about. A sink in the same database gets them in the
// transaction. For any other they become effects of own; right after COMMIT the
// sink gets them, while no lock of own is held, and what it refused for now
// remains for [Retell]. Where own is nil or keeps no effects, the sink gets them at
// once, and its error is that of Tell.
//
// The sink may get an event twice, under the same ID, and events that it refused
// once later than those told since.
func Tell(ctx context.Context, own flywheel.Transactor, sink flywheel.Sink, events ...flywheel.Event) error {
	if len(events) == 0 || sink == nil {
		return nil
	}
	if other := handle.Of(sink); own == nil || other != nil && other == own {
		return sink.Publish(ctx, events...)
	}
	store, err := On(own)
	if err != nil {
		return sink.Publish(ctx, events...)
	}
	told := make([]Effect, len(events))
	ids := make([]string, len(events))
	for i := range events {
		if err := events[i].Validate(); err != nil {
			return err
		}
		body, err := json.Marshal(events[i])
		if err != nil {
			return fmt.Errorf("effect: event %q: %w", events[i].ID, err)
		}
		ids[i] = kindTold + ":" + events[i].ID
		told[i] = Effect{
			ID: ids[i], Kind: kindTold, Contact: contactOf(&events[i]), Provider: nameOf(sink), Ref: "", Seq: int64(i),
			Plan: events[i].Time, Due: time.UnixMicro(1).UTC(), Body: body,
		}
	}
	if _, err := store.Add(ctx, told...); err != nil {
		return err
	}
	copied := append([]flywheel.Event(nil), events...)
	flywheel.AfterCommit(ctx, func(ctx context.Context) {
		// What fails here is tried again by Retell.
		if sink.Publish(ctx, copied...) == nil {
			_ = own.InTx(ctx, func(ctx context.Context) error { return store.Remove(ctx, ids...) })
		}
	})
	return nil
}

// contactOf keeps the events of a person together, and lets them be forgotten.
func contactOf(e *flywheel.Event) string {
	if p := flywheel.PersonOf(e.Customer, e.Visitor); p != "" {
		return string(p)
	}
	return "e:" + e.ID
}

func nameOf(sink flywheel.Sink) string {
	if named, ok := sink.(interface{ Name() string }); ok {
		return named.Name()
	}
	return fmt.Sprintf("%T", sink)
}

// Retell reports to sink what [Tell] could not, as far as it is due at now, person
// by person in the order in which it was told. What the sink refuses for good is
// dead. more says that something was done, so that there may be more.
func Retell(ctx context.Context, own flywheel.Transactor, sink flywheel.Sink, now time.Time) (more bool, err error) {
	if sink == nil || own == nil || handle.Of(sink) == own {
		return false, nil
	}
	store, err := On(own)
	if err != nil {
		return false, nil // nothing was kept
	}
	var claimed []*Effect
	err = own.InTx(ctx, func(ctx context.Context) error {
		claimed, err = store.Claim(ctx, Query{Kind: kindTold, Provider: nameOf(sink), Now: now, Limit: due.Batch})
		if err != nil {
			return err
		}
		for _, e := range claimed {
			e.Lease(now.Add(toldLease))
		}
		_, err = store.Save(ctx, claimed...)
		return err
	})
	if err != nil || len(claimed) == 0 {
		return false, err
	}
	var taken []string
	var again []*Effect
	refused := map[string]bool{} // contacts whose later events wait
	for _, e := range claimed {
		var event flywheel.Event
		err := json.Unmarshal(e.Body, &event)
		switch {
		case err != nil:
			err = fmt.Errorf("effect: body of %s: %w: %w", e.ID, flywheel.ErrInvalid, err)
		case refused[e.Contact]:
			err = errors.New("effect: waits for an earlier event")
		default:
			err = sink.Publish(ctx, event)
		}
		if err == nil {
			taken = append(taken, e.ID)
			continue
		}
		again = append(again, e)
		if Final(err) {
			e.Settle(Dead, err.Error(), now)
			continue
		}
		if refused[e.Contact] = true; ctx.Err() != nil {
			continue // the lease will end
		}
		e.Failures = min(e.Failures+1, len(DefaultBackoff.Delays))
		wait, _ := DefaultBackoff.After(e.ID, e.Failures)
		e.Retry(now.Add(wait))
	}
	err = own.InTx(ctx, func(ctx context.Context) error {
		if err := store.Remove(ctx, taken...); err != nil {
			return err
		}
		_, err := store.Save(ctx, again...)
		return err
	})
	return true, err
}
