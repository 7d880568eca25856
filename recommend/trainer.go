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
// It is safe for concurrent use.
type Trainer struct {
	facts     *Service
	snapshots SnapshotStore
	server    *Server
	opts      TrainerOptions

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
func (t *Trainer) Load(ctx context.Context, _ time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
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
	if err != nil || t.loaded && version <= t.at {
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
	t.server.Swap(s.Model, items)
	t.loaded, t.at = true, version
	return nil
}

// Version returns the version in the server, 0 before the first.
func (t *Trainer) Version() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at
}
