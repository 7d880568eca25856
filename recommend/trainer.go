package recommend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// TrainerOptions are the options of a [Trainer]; nil and zero fields are the defaults.
type TrainerOptions struct {
	// Name of the snapshots. Default: "model".
	Name string
	// Learner learns the model. Default: [Auto].
	Learner Learner
	// Matrix says how facts become what it learns from.
	Matrix MatrixConfig
	// Key seals the snapshots, see [Snapshot.Marshal].
	Key []byte
	// Keep is how many versions are kept. Default: 3.
	Keep int
	// Frozen serves the model as it was trained: without it the server gets an
	// [Overlay], which knows what was recorded since.
	Frozen bool
	// Items returns the items that may be shown with a new model. Default: those the
	// server was made with are not known, and everything that the model knows may be.
	Items func(ctx context.Context) (*Items, error)
}

// Trainer trains models from the facts of a [Service], keeps them as snapshots, and puts
// the newest into a [Server]. In any number of processes one trains, as a job of
// segment's Runner, and each loads:
//
//	jobs := []segment.Job{{Name: "train", Every: 24 * time.Hour, Run: trainer.Train}} // one process does it
//	err := trainer.Load(ctx, time.Now())                                              // now and then, in each
//
// Between two trainings the server follows the facts: with the model comes an [Overlay]
// of what was recorded since it was trained, and what the Service of this process
// records from then on is applied to it at once. [Trainer.History] is what an answer
// should be asked with, and [Trainer.Behind] how much the model itself does not know.
//
// It is safe for concurrent use.
type Trainer struct {
	facts     *Service
	snapshots SnapshotStore
	server    *Server
	opts      TrainerOptions
	live      *following

	mu     sync.Mutex // one training or loading at a time
	loaded bool
	at     uint64 // version in the server
}

// NewTrainer returns a Trainer. Without a server (nil) it only trains.
func NewTrainer(facts *Service, snapshots SnapshotStore, server *Server, opts *TrainerOptions) (*Trainer, error) {
	if facts == nil || snapshots == nil {
		return nil, fmt.Errorf("recommend: a trainer needs facts and a store of snapshots: %w", flywheel.ErrInvalid)
	}
	t := &Trainer{facts: facts, snapshots: snapshots, server: server}
	if opts != nil {
		t.opts = *opts
	}
	o := &t.opts
	o.Name, o.Keep = cmp.Or(o.Name, "model"), cmp.Or(o.Keep, 3)
	if err := flywheel.CheckID(o.Name); err != nil {
		return nil, fmt.Errorf("recommend: snapshot name: %w", err)
	}
	if o.Keep < 1 {
		return nil, &ConfigError{Field: "Keep", Value: o.Keep}
	}
	if o.Learner == nil {
		o.Learner = Auto{}
	}
	if server != nil && !o.Frozen {
		t.live = &following{facts: facts, cfg: o.Matrix}
		facts.follow(t.live)
	}
	return t, nil
}

// Train learns a model from all facts before now, saves it as the next version, prunes
// old ones, and puts it into the server. Of two processes that train the same version at
// once, one saves it; the other loads that one. Without a single choice the error matches
// [flywheel.ErrNotFound].
func (t *Trainer) Train(ctx context.Context, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	newest, _, err := t.snapshots.Newest(ctx, t.opts.Name)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return err
	}
	data, err := t.facts.Dataset(ctx)
	if err != nil {
		return err
	}
	cfg := t.opts.Matrix
	if cfg.Until.IsZero() {
		cfg.Until = now
	}
	m, err := data.Matrix(cfg)
	if err != nil {
		return err
	}
	if m.Len() == 0 {
		return fmt.Errorf("recommend: no choices to learn from: %w", flywheel.ErrNotFound)
	}
	model, err := t.opts.Learner.Fit(m)
	if err != nil {
		return err
	}
	s := Snapshot{Model: model, Version: newest + 1, Learner: t.opts.Learner.String()}
	for n := range data.baskets {
		if b := &data.baskets[n]; cfg.Until.IsZero() || b.at < cfg.Until.UnixMicro() {
			s.Facts++
			if at := time.UnixMicro(b.at).UTC(); at.After(s.Until) {
				s.Until = at
			}
		}
	}
	bytes, err := s.Marshal(t.opts.Key)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err = t.snapshots.Save(ctx, t.opts.Name, s.Version, bytes)
	if errors.Is(err, flywheel.ErrConflict) {
		return t.load(ctx)
	}
	if err != nil {
		return err
	}
	if err := t.snapshots.Prune(ctx, t.opts.Name, t.opts.Keep); err != nil {
		return err
	}
	return t.load(ctx)
}

// Load puts the newest version into the server if it is newer than what is there. now
// is not looked at, so that Load can be a job. A snapshot that was tampered with is an
// error, and the server goes on with what it has. Without a version nothing happens.
// With a new version all facts are read once, for the overlay.
func (t *Trainer) Load(ctx context.Context, _ time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.load(ctx)
}

// Refresh is Load that reads the facts again also where the version is the same: it
// brings in what other processes recorded. O(facts).
func (t *Trainer) Refresh(ctx context.Context, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.loaded = false
	return t.load(ctx)
}

func (t *Trainer) load(ctx context.Context) error {
	if t.server == nil {
		return nil
	}
	version, data, err := t.snapshots.Newest(ctx, t.opts.Name)
	if errors.Is(err, flywheel.ErrNotFound) {
		return nil
	}
	if err != nil || t.loaded && version <= t.at && !t.live.isStale() {
		return err
	}
	s, err := UnmarshalSnapshot(data, t.opts.Key)
	if err != nil {
		return err
	}
	if s.Version != version {
		return fmt.Errorf("recommend: snapshot %q version %d holds version %d: %w", t.opts.Name, version, s.Version, ErrTampered)
	}
	var items *Items
	if t.opts.Items != nil {
		if items, err = t.opts.Items(ctx); err != nil {
			return err
		}
	}
	model := s.Model
	if t.live != nil {
		if model, err = t.live.begin(ctx, &s); err != nil {
			return err
		}
	}
	t.server.Swap(model, items)
	t.loaded, t.at = true, version
	return nil
}

// History returns what an actor chose up to now, in the numbers of the model in the
// server, for Query.Past. Before the first version, and of a Frozen trainer, there is
// none.
func (t *Trainer) History(who Actor) History {
	if o := t.Overlay(); o != nil {
		return o.History(who)
	}
	return nil
}

// Overlay returns that of the model in the server; nil before the first version and of a
// Frozen trainer.
func (t *Trainer) Overlay() *Overlay {
	if t.live == nil {
		return nil
	}
	return t.live.overlay.Load()
}

// Behind returns how many facts were recorded that the model in the server was not
// trained on. A model that is [Live] has learned them, up to those of unknown items.
// Facts that were recorded while the model was being loaded, or that are told twice, may
// count twice.
func (t *Trainer) Behind() int64 {
	if t.live == nil {
		return 0
	}
	t.live.mu.Lock()
	defer t.live.mu.Unlock()
	return max(0, t.live.behind)
}

// Version returns the version in the server, 0 before the first.
func (t *Trainer) Version() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at
}
