package recommendtest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/recommend"
)

func TestMemorySnapshots(t *testing.T) {
	RunSnapshots(t, func(*testing.T) recommend.SnapshotStore { return recommend.NewMemorySnapshots(nil) }, Features{Transactions: true})
}

// lossy does not say that a version is there with other bytes.
type lossy struct{ *recommend.MemorySnapshots }

func (f lossy) Save(ctx context.Context, name string, version uint64, data []byte) error {
	err := f.MemorySnapshots.Save(ctx, name, version, data)
	if errors.Is(err, flywheel.ErrConflict) {
		return nil // what is there stands, and nobody learns of it
	}
	return err
}

// hoarding prunes nothing.
type hoarding struct{ *recommend.MemorySnapshots }

func (f hoarding) Prune(context.Context, string, int) error { return nil }

func TestSnapshotSuiteCatchesFaults(t *testing.T) {
	snapshots.Bites(t, "lossy", "save/repeated", func() recommend.SnapshotStore { return lossy{recommend.NewMemorySnapshots(nil)} })
	snapshots.Bites(t, "hoarding", "prune", func() recommend.SnapshotStore { return hoarding{recommend.NewMemorySnapshots(nil)} })
}

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) recommend.Store { return recommend.NewMemory(nil) }, Features{Transactions: true})
}

func TestFailingPassesThrough(t *testing.T) {
	never := func(string, bool) error { return nil }
	Run(t, func(*testing.T) recommend.Store { return Failing(recommend.NewMemory(nil), never) }, Features{Transactions: true})
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() recommend.Store {
		m := recommend.NewMemory(nil)
		if err := m.Append(ctx, fact(0)); err != nil {
			t.Fatal(err)
		}
		return m
	}
	all := func(s recommend.Store) ([]recommend.Interaction, error) { return suite.Collect(s.All(ctx)) }
	suite.Fails(t, Failing, fresh, map[string]func(s recommend.Store) error{
		"Append": func(s recommend.Store) error { return s.Append(ctx, fact(1)) },
		"Forget": func(s recommend.Store) error { return s.Forget(ctx, fact(0).Actor) },
		"Clear":  func(s recommend.Store) error { return s.Clear(ctx) },
		"All":    func(s recommend.Store) error { return suite.Err(all(s)) },
		"Of":     func(s recommend.Store) error { return suite.Err(suite.Collect(s.Of(ctx, fact(0).Actor))) },
	}, func(s recommend.Store) (any, error) { return all(s) })
}

// Stores with one fault each, which the suite must find.

type store = *recommend.MemoryStore

// repeating stores a fact with an ID that is there under another name.
type repeating struct{ store }

func (f repeating) Append(ctx context.Context, list ...recommend.Interaction) error {
	for i := range list {
		if f.store.Append(ctx, list[i]) == nil {
			continue
		}
		list[i].ID += "again"
	}
	return f.store.Append(ctx, list...)
}

// lenient ignores a fact whose ID is there, whatever its content.
type lenient struct{ store }

func (f lenient) Append(ctx context.Context, list ...recommend.Interaction) error {
	for _, in := range list {
		if err := f.store.Append(ctx, in); err != nil && !errors.Is(err, recommend.ErrOtherBody) {
			return err
		}
	}
	return nil
}

// partial keeps what came before the fact that is refused.
type partial struct{ store }

func (f partial) Append(ctx context.Context, list ...recommend.Interaction) error {
	for _, in := range list {
		if err := f.store.Append(ctx, in); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// ordered yields by ID instead of by order of Append.
type ordered struct{ store }

func (f ordered) All(ctx context.Context) iter.Seq2[recommend.Interaction, error] {
	list, err := suite.Collect(f.store.All(ctx))
	slices.SortFunc(list, func(a, b recommend.Interaction) int { return strings.Compare(a.ID, b.ID) })
	return sequence(list, err)
}

// sharing returns slices that it goes on using.
type sharing struct {
	store
	shared map[string][]flywheel.SKU
}

func (f sharing) All(ctx context.Context) iter.Seq2[recommend.Interaction, error] {
	list, err := suite.Collect(f.store.All(ctx))
	for i := range list {
		if f.shared[list[i].ID] == nil {
			f.shared[list[i].ID] = list[i].Items
		}
		list[i].Items = f.shared[list[i].ID]
	}
	return sequence(list, err)
}

// folding finds actors without regard to case.
type folding struct{ store }

func (f folding) Of(ctx context.Context, actor recommend.Actor) iter.Seq2[recommend.Interaction, error] {
	list, err := suite.Collect(f.store.All(ctx))
	return sequence(slices.DeleteFunc(list, func(in recommend.Interaction) bool {
		return actor == recommend.Actor{} || !strings.EqualFold(string(in.Actor.Customer), string(actor.Customer)) ||
			actor.Customer == "" && !strings.EqualFold(string(in.Actor.Visitor), string(actor.Visitor))
	}), err)
}

// deaf does not look at the context.
type deaf struct{ store }

func (f deaf) Append(ctx context.Context, list ...recommend.Interaction) error {
	return f.store.Append(context.WithoutCancel(ctx), list...)
}

// detached writes outside of the transaction.
type detached struct{ store }

func (f detached) InTx(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }

// keeping forgets nobody.
type keeping struct{ store }

func (f keeping) Forget(context.Context, recommend.Actor) error { return nil }

// clearing lets cleared stores forget what they have forgotten.
type clearing struct{ store }

func (f *clearing) Clear(context.Context) error {
	f.store = recommend.NewMemory(nil)
	return nil
}

// paged yields a page.
type paged struct{ store }

func (f paged) Of(ctx context.Context, actor recommend.Actor) iter.Seq2[recommend.Interaction, error] {
	list, err := suite.Collect(f.store.Of(ctx, actor))
	return sequence(list[:min(len(list), 400)], err)
}

// local returns times in a zone of its own.
type local struct{ store }

func (f local) All(ctx context.Context) iter.Seq2[recommend.Interaction, error] {
	list, err := suite.Collect(f.store.All(ctx))
	for i := range list {
		list[i].At = list[i].At.In(time.FixedZone("local", 3600))
	}
	return sequence(list, err)
}

func sequence(list []recommend.Interaction, err error) iter.Seq2[recommend.Interaction, error] {
	return func(yield func(recommend.Interaction, error) bool) {
		for _, in := range list {
			if !yield(in, nil) {
				return
			}
		}
		if err != nil {
			yield(recommend.Interaction{}, err)
		}
	}
}

func TestSuiteCatchesFaults(t *testing.T) {
	for _, c := range []struct {
		name, by string
		fault    func(s store) recommend.Store
	}{
		{"repeating", "append/other-body", func(s store) recommend.Store { return repeating{s} }},
		{"lenient", "append/other-body", func(s store) recommend.Store { return lenient{s} }},
		{"partial", "append/invalid", func(s store) recommend.Store { return partial{s} }},
		{"ordered", "append/order", func(s store) recommend.Store { return ordered{s} }},
		{"sharing", "read/copies", func(s store) recommend.Store { return sharing{s, map[string][]flywheel.SKU{}} }},
		{"folding", "append/odd-strings", func(s store) recommend.Store { return folding{s} }},
		{"deaf", "cancelled", func(s store) recommend.Store { return deaf{s} }},
		{"keeping", "forget", func(s store) recommend.Store { return keeping{s} }},
		{"clearing", "clear", func(s store) recommend.Store { return &clearing{s} }},
		{"paged", "of/many", func(s store) recommend.Store { return paged{s} }},
		{"detached", "tx/rollback", func(s store) recommend.Store { return detached{s} }},
		{"local", "append/normal-form", func(s store) recommend.Store { return local{s} }},
	} {
		contract.Bites(t, c.name, c.by, func() recommend.Store { return c.fault(recommend.NewMemory(nil)) })
	}
}
