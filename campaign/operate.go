package campaign

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// LaunchOptions says how a version takes over. Nil is: from now on, and runs stay
// on their versions.
type LaunchOptions struct {
	// From is the effective time from which on events enter this version, default
	// now.
	From time.Time
	// Migrate moves runs of other versions of the journey that stand at a step it
	// names to the step of this version: a wait to a wait, a wait for an event to a
	// wait for an event. What they wait for is computed from when the wait began.
	Migrate map[string]string
	// EntriesFrom lets events of before the launch enter whose effective time is at
	// it or later, in order. Their runs begin at the launch. It needs [Options].Log.
	EntriesFrom time.Time
}

// Launch checks a journey and makes it the version that takes entries from now on
// or from LaunchOptions.From; runs stay on their version. An event belongs to the
// version with the newest From at or before its effective time among those launched
// before it was received. Launching a version again only makes it current again;
// another journey under a launched version reports [flywheel.ErrConflict]. Launch
// joins the transaction of ctx; what it has still to do for runs that are under way
// is done by [Engine.Advance].
func (e *Engine) Launch(ctx context.Context, j Journey, opts *LaunchOptions) error {
	if opts == nil {
		opts = &LaunchOptions{}
	}
	p, err := newPlan(j)
	if err != nil {
		return err
	}
	if !opts.EntriesFrom.IsZero() && e.log == nil {
		return fmt.Errorf("campaign: journey %q: entries of before without a log: %w", string(j.ID), flywheel.ErrInvalid)
	}
	return e.act(ctx, j.ID, func(g *program, a *Act) error {
		if known := g.versions[versionKey{p.ID, p.Version}]; known != nil && !same(known.Journey, p.Journey) {
			return another(p.Journey)
		}
		a.Kind, a.Launched, a.From, a.Migrate = ActLaunch, &p.Journey, a.Recorded, opts.Migrate
		if !opts.From.IsZero() {
			a.From = moment(opts.From)
		}
		if !opts.EntriesFrom.IsZero() {
			a.EntriesFrom = moment(opts.EntriesFrom)
		}
		return g.movable(p, opts.Migrate)
	})
}

// movable checks a map of steps: each old one must be in another version, and
// every version that has it must have a step of the kind of the new one.
func (g *program) movable(p *plan, steps map[string]string) error {
	for from, to := range steps {
		refuse := func(err error) error {
			return fmt.Errorf("campaign: journey %q: version %d: %w", string(p.ID), p.Version, &flywheel.FieldError{Field: "migrate." + from, Err: err})
		}
		i, ok := p.index[to]
		if !ok {
			return refuse(fmt.Errorf("leads to %q, which is no step: %w", to, flywheel.ErrInvalid))
		}
		found := false
		for key, q := range g.versions {
			k, has := q.index[from]
			if key.id != p.ID || key.version == p.Version || !has {
				continue
			}
			found = true
			wait, event := p.Steps[i].Wait != nil && q.Steps[k].Wait != nil, p.Steps[i].WaitEvent != nil && q.Steps[k].WaitEvent != nil
			if !wait && !event {
				return refuse(fmt.Errorf("leads to %q, which is another kind of step: %w", to, flywheel.ErrInvalid))
			}
		}
		if !found {
			return refuse(fmt.Errorf("is no step of another version: %w", flywheel.ErrInvalid))
		}
	}
	return nil
}

// act records an act about a journey.
func (e *Engine) act(ctx context.Context, id ID, fill func(g *program, a *Act) error) error {
	return e.inTx(ctx, func(ctx context.Context) error {
		g, err := e.current(ctx)
		if err != nil {
			return err
		}
		a := Act{Journey: id, Recorded: moment(e.now())}
		if err := fill(g, &a); err != nil {
			return err
		}
		if a.Kind != ActLaunch && g.journey(id) == nil {
			return fmt.Errorf("campaign: journey %q: %w", string(id), flywheel.ErrNotFound)
		}
		_, err = e.record(ctx, g, a)
		return err
	})
}

func (e *Engine) simple(ctx context.Context, id ID, kind ActKind, contacts []flywheel.Person) error {
	return e.act(ctx, id, func(_ *program, a *Act) error {
		a.Kind, a.Contacts = kind, contacts
		return nil
	})
}

// Pause lets the timers and messages of a journey stand still. Events are applied
// as ever: contacts enter, exit and answer, but nothing is sent.
func (e *Engine) Pause(ctx context.Context, id ID) error { return e.simple(ctx, id, ActPause, nil) }

// Resume lets a journey go on after [Engine.Pause]. Plans have not moved: what is
// too late by now is skipped.
func (e *Engine) Resume(ctx context.Context, id ID) error { return e.simple(ctx, id, ActResume, nil) }

// Retire lets a journey take no event that is received from now on. Its runs go on
// to their end.
func (e *Engine) Retire(ctx context.Context, id ID) error { return e.simple(ctx, id, ActRetire, nil) }

// Cancel ends the active runs of a journey, or those of the given contacts, with
// the messages that they have not sent. Later events enter as before. None of the
// runs sends after the call; [Engine.Advance] removes them.
func (e *Engine) Cancel(ctx context.Context, id ID, contacts ...flywheel.Person) error {
	return e.simple(ctx, id, ActCancel, contacts)
}

// Launched returns the version of a journey that was launched last, with the act.
// A journey that was never launched or is retired is [flywheel.ErrNotFound].
func (e *Engine) Launched(ctx context.Context, id ID) (Act, error) {
	g, err := e.look(ctx)
	if err != nil {
		return Act{}, err
	}
	if d := g.journey(id); d != nil {
		if a := d.latest(); a != nil {
			return *a, nil
		}
	}
	return Act{}, fmt.Errorf("campaign: journey %q: %w", string(id), flywheel.ErrNotFound)
}

// backfill reads a batch of the log for a launch that takes entries of before.
func (e *Engine) backfill(ctx context.Context, _ time.Time) (done int, err error) {
	g, err := e.current(ctx)
	if err != nil || len(g.open) == 0 || e.log == nil {
		return 0, err
	}
	for _, a := range g.open {
		n, err := e.backfillBatch(ctx, g, a.Seq)
		if err != nil || n > 0 {
			return n, err
		}
	}
	return 0, nil
}

func (e *Engine) backfillAll(ctx context.Context, g *program, seq int64) error {
	for {
		if n, err := e.backfillBatch(ctx, g, seq); err != nil || n == 0 {
			return err
		}
	}
}

// backfillBatch lets the next events of before the launch enter. It returns 0 once
// the launch has been reached.
func (e *Engine) backfillBatch(ctx context.Context, g *program, seq int64) (done int, err error) {
	acts, err := e.store.Acts(ctx, seq-1)
	if err != nil || len(acts) == 0 || acts[0].Seq != seq || !acts[0].open() {
		return 0, err
	}
	a := acts[0]
	entries, err := e.log.Read(ctx, a.Progress, due.Batch)
	if err != nil {
		return 0, err
	}
	p := g.versions[versionKey{a.Journey, a.Launched.Version}]
	ask := Ask{Keys: map[flywheel.Person][]EntryKey{}, Lock: true}
	var taken []flywheel.Entry
	a.Read = len(entries) < due.Batch
	for _, x := range entries {
		if a.before(&x) {
			a.Read = true
			break
		}
		a.Progress = x.Position
		if x.Person == "" || x.Event.Name != p.Trigger.Event || x.Effective.Before(a.EntriesFrom) || !x.Effective.Before(a.Recorded) {
			continue
		}
		if _, known := ask.Keys[x.Person]; !known {
			ask.Contacts = append(ask.Contacts, x.Person)
		}
		ask.Keys[x.Person] = append(ask.Keys[x.Person], EntryKey{p.ID, p.key(&x.Event)})
		taken = append(taken, x)
	}
	turns, err := e.turns(ctx, g, ask, cursor.Replaying(ctx))
	if err != nil {
		return 0, err
	}
	of := map[flywheel.Person]*turn{}
	for _, t := range turns {
		of[t.contact.ID] = t
	}
	for i := range taken {
		x := &taken[i]
		t := of[x.Person]
		t.at = a.Recorded
		t.enter(p, x, a.Recorded, a.Seq, a.Recorded.UnixMicro())
	}
	if err := e.finish(ctx, turns); err != nil {
		return 0, err
	}
	if err := e.store.Record(ctx, a); err != nil {
		return 0, err
	}
	if a.Read {
		e.reload(ctx)
	}
	return 1, nil
}

// Forget removes everything that the engine keeps of a customer: consent, runs and
// messages, sent or not. Afterwards the customer is as one who was never there.
func (e *Engine) Forget(ctx context.Context, id flywheel.CustomerID) error {
	return e.ForgetPerson(ctx, flywheel.PersonOf(id, ""))
}

// ForgetPerson is [Engine.Forget] for any person, a visitor included.
func (e *Engine) ForgetPerson(ctx context.Context, id flywheel.Person) error {
	return e.inTx(ctx, func(ctx context.Context) error {
		acts, err := e.store.Acts(ctx, 0)
		if err != nil {
			return err
		}
		for _, a := range acts {
			if others := without(a.Contacts, id); len(others) != len(a.Contacts) {
				if a.Contacts = others; len(others) == 0 {
					a.Kind = ActForgotten
				}
				if err := e.store.Record(ctx, a); err != nil {
					return err
				}
			}
		}
		if err := e.store.Delete(ctx, id); err != nil {
			return err
		}
		return e.effects.Forget(ctx, string(id))
	})
}

func without(list []flywheel.Person, id flywheel.Person) (others []flywheel.Person) {
	for _, x := range list {
		if x != id {
			others = append(others, x)
		}
	}
	return others
}

// Reset throws away what follows from the entries of the log, to read them again:
// contacts and runs. Messages with their outcome and what operators did stay; the
// rebuild meets them again, so nothing is sent again. A runner calls it and puts
// the cursor back in the same transaction.
func (e *Engine) Reset(ctx context.Context) error {
	return e.inTx(ctx, func(ctx context.Context) error {
		acts, err := e.store.Acts(ctx, 0)
		if err != nil {
			return err
		}
		for _, a := range acts {
			if a.Progress == 0 && !a.Read {
				continue
			}
			a.Progress, a.Read = 0, false
			if err := e.store.Record(ctx, a); err != nil {
				return err
			}
		}
		g, err := e.current(ctx)
		if err != nil {
			return err
		}
		if _, err := e.record(ctx, g, Act{Kind: ActRebuild, Recorded: moment(e.now())}); err != nil {
			return err
		}
		e.reload(ctx)
		return e.store.Delete(ctx)
	})
}

// Dead returns up to n messages that failed too often, behind an ID, ordered by ID.
// [Engine.Replay] tries one of them again.
func (e *Engine) Dead(ctx context.Context, after string, n int) ([]Message, error) {
	effects, err := e.effects.Dead(ctx, kindMessage, after, n)
	if err != nil {
		return nil, err
	}
	list := make([]Message, 0, len(effects))
	for _, x := range effects {
		if m := deadMessage(x); m != nil {
			list = append(list, *m)
		}
	}
	return list, nil
}

// Replay lets a dead message be attempted again, from now on and by the whole
// schedule, although its run has gone on without it. An ID that is not of a dead
// message is [flywheel.ErrNotFound].
func (e *Engine) Replay(ctx context.Context, id string) error {
	return e.inTx(ctx, func(ctx context.Context) error {
		found, err := e.effects.Get(ctx, id)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Kind != kindMessage || found[0].State != effect.Dead || deadMessage(found[0]) == nil {
			return fmt.Errorf("campaign: dead message %q: %w", id, flywheel.ErrNotFound)
		}
		x := found[0]
		x.Failures, x.Reason, x.Settled = 0, "", time.Time{}
		x.Retry(moment(e.now()))
		_, err = e.effects.Save(ctx, x)
		return err
	})
}
