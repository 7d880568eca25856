package experiment

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Options configures a [Service]. Nil and zero fields mean the defaults.
type Options struct {
	// Now is the clock of exposures, time.Now by default.
	Now func() time.Time
	// Sink receives each exposure as [flywheel.EventExperimentViewed], by default
	// nobody. A log in the database of the store receives events in the transaction
	// of the record, any other sink after it, see [Service.Deliver].
	Sink flywheel.Sink
	// Tx makes recording and telling one change, by default the database of the
	// store. On a store without transactions an event may be published again,
	// with the same ID, after a failure.
	Tx flywheel.Transactor
}

// Service assigns subjects to arms and records who saw what. It is safe for
// concurrent use; assignment takes no lock.
//
// As a [flywheel.Sink] it records the exposures that a log of its own events
// tells, so that a memory store can be rebuilt from the log.
type Service struct {
	store    Store
	now      func() time.Time
	teller   told.Teller
	tx       flywheel.Transactor
	snapshot atomic.Pointer[Snapshot]
}

// New returns a service without experiments. A nil store is a fresh memory
// store.
func New(store Store, opts *Options) (*Service, error) {
	if opts == nil {
		opts = &Options{}
	}
	if store == nil {
		store = NewMemory(nil)
	}
	s := &Service{store: store, now: opts.Now, teller: told.New(store, opts.Sink), tx: handle.Tx(opts.Tx, store)}
	if s.now == nil {
		s.now = time.Now
	}
	s.snapshot.Store(&Snapshot{})
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver publishes to the Sink what it did not accept before, as far as that is
// to be tried again at now, and reports whether there was anything. A sink outside
// the store's database needs it: a runner calls it, or a program now and then.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// Configure replaces all experiments at once. Calls in progress end with the
// ones they began with. A [*DefinitionError] leaves everything as it was.
func (s *Service) Configure(experiments ...Experiment) error {
	snapshot, err := Compile(experiments...)
	if err != nil {
		return err
	}
	s.snapshot.Store(snapshot)
	return nil
}

// Snapshot returns the experiments as they are configured now, for a caller
// that decides several of them by the same state.
func (s *Service) Snapshot() *Snapshot { return s.snapshot.Load() }

// Assign decides which arm the subject sees, without recording it: for deciding
// ahead of showing. Call [Service.Expose] when it is shown.
func (s *Service) Assign(id ID, subject Subject) Decision {
	return s.snapshot.Load().Assign(id, subject)
}

// Expose decides which arm the subject sees and, where the subject takes part,
// records that it saw it, as [Service.Record] does. The error matches [ErrUnknown] for an experiment that is not
// configured; the decision is valid with any other error, too.
func (s *Service) Expose(ctx context.Context, id ID, subject Subject) (Decision, error) {
	d := s.Assign(id, subject)
	if d.Reason == NotConfigured {
		return d, ErrUnknown
	}
	if !d.In {
		return d, nil
	}
	return d, s.Record(ctx, Exposure{
		Experiment: id, Unit: d.Unit, Arm: d.Arm, Customer: subject.Customer, Visitor: subject.Visitor,
	})
}

// Record keeps an exposure that something else decided, such as a feature's
// rule (package experiment/flag), and tells it to the sink: once per
// experiment, unit, arm and group, whatever the number of calls. A zero At is
// now.
func (s *Service) Record(ctx context.Context, x Exposure) error {
	if x.At.IsZero() {
		x.At = s.now()
	}
	x.At = x.At.UTC().Truncate(time.Microsecond)
	if err := x.Validate(); err != nil {
		return err
	}
	seen, err := s.store.Exposed(ctx, x)
	if err != nil || seen {
		return err
	}
	if handle.None(s.tx) {
		return s.recordAlone(ctx, x)
	}
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		added, err := s.store.Record(ctx, x)
		if err != nil || !added {
			return err // whoever was faster tells it
		}
		return s.teller.Tell(ctx, x.event())
	})
}

// recordAlone is Record on a store without transactions. It tells first: if the
// second step fails, the next call tells it again under the same ID rather than
// never. A log that knows the ID at another time was told by somebody faster.
func (s *Service) recordAlone(ctx context.Context, x Exposure) error {
	if err := s.teller.TellNow(ctx, x.event()); err != nil {
		var refused *flywheel.TellError
		if !errors.As(err, &refused) || !errors.Is(refused.Err, flywheel.ErrKeyReused) {
			return err
		}
	}
	_, err := s.store.Record(ctx, x)
	return err
}

// Publish implements [flywheel.Sink]: it records the exposures among events and
// ignores everything else, and what it has seen.
func (s *Service) Publish(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		if events[i].Name != flywheel.EventExperimentViewed {
			continue
		}
		x := exposureOf(&events[i])
		if x.Validate() != nil {
			continue // told by another tool in another form
		}
		if _, err := s.store.Record(ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// Exposures lists who saw what, ordered by time.
func (s *Service) Exposures(ctx context.Context, id ID) ([]Exposure, error) {
	var list []Exposure
	for x, err := range s.store.Exposures(ctx, id) {
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// studyKind is the kind under which a study is saved.
const studyKind = "study"

// Study returns the study of an experiment as it was saved last. The error
// matches [flywheel.ErrNotFound] where there is none.
func (s *Service) Study(ctx context.Context, id ID) (*Study, error) {
	d, err := s.store.Definition(ctx, studyKind, string(id))
	if err != nil {
		return nil, err
	}
	study := &Study{version: d.Version}
	if err := study.UnmarshalJSON(d.Body); err != nil {
		return nil, err
	}
	return study, nil
}

// SaveStudy saves a study. The error matches [flywheel.ErrConflict] where
// somebody else saved since it was read; nothing is lost of what is there.
func (s *Service) SaveStudy(ctx context.Context, study *Study) error {
	body, err := study.MarshalJSON()
	if err != nil {
		return err
	}
	d, err := s.store.SaveDefinition(ctx, Definition{
		Kind: studyKind, ID: string(study.plan.Experiment.ID), Version: study.version, Body: body, SavedAt: s.now(),
	})
	if err != nil {
		return err
	}
	study.version = d.Version
	return nil
}
