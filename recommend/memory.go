package recommend

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
)

// MemoryStore is a [Store] in memory. For each item of an interaction it keeps
// four bytes, for each interaction its ID and some 80 bytes.
type MemoryStore struct {
	db      *flywheel.Memory
	data    Dataset
	ids     []string            // by number of the interaction
	numbers map[string]int      // by ID
	ofActor [][]int32           // by number of the actor: its interactions
	secret  []byte              // of forgotten IDs
	forgot  map[string]struct{} // hashes of the IDs of interactions that were forgotten
}

// NewMemory returns an empty store in db, or in a database of its own when db is
// nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, numbers: make(map[string]int), secret: keyedhash.NewSecret()}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor].
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Append implements [Store].
func (s *MemoryStore) Append(ctx context.Context, interactions ...Interaction) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		before := len(s.ids)
		undo(func() { s.truncate(before) })
		for _, in := range interactions {
			in, err := in.identified()
			if err != nil {
				return err
			}
			if len(s.forgot) > 0 {
				if _, ok := s.forgot[keyedhash.Of(s.secret, in.ID)]; ok {
					continue
				}
			}
			if n, ok := s.numbers[in.ID]; ok {
				if v := (snapshot{data: s.data, ids: s.ids}); !v.interaction(n).Equal(in) {
					return fmt.Errorf("%q: %w", in.ID, ErrOtherBody)
				}
				continue
			}
			s.append(in)
		}
		return nil
	})
}

// append adds an interaction whose ID is new.
func (s *MemoryStore) append(in Interaction) {
	n := len(s.ids)
	s.numbers[in.ID] = n
	s.ids = append(s.ids, in.ID)
	s.data.add(in)
	if actor := s.data.baskets[n].actor; actor >= 0 {
		s.ofActor = append(s.ofActor, make([][]int32, len(s.data.actors.names)-len(s.ofActor))...)
		s.ofActor[actor] = append(s.ofActor[actor], int32(n))
	}
}

// truncate forgets all but the first n interactions. Names stay known, which no
// one can see. What is cut off is not written again, as a range may read it.
func (s *MemoryStore) truncate(n int) {
	d := &s.data
	for i := len(s.ids) - 1; i >= n; i-- {
		delete(s.numbers, s.ids[i])
		if actor := d.baskets[i].actor; actor >= 0 {
			list := s.ofActor[actor]
			s.ofActor[actor] = slices.Clip(list[:len(list)-1])
		}
		d.lines = d.lines[:d.baskets[i].start]
		if at := d.baskets[i].details; at > 0 {
			d.details = d.details[:at-1]
		}
	}
	s.ids, d.baskets = slices.Clip(s.ids[:n]), slices.Clip(d.baskets[:n])
	d.lines, d.details = slices.Clip(d.lines), slices.Clip(d.details)
}

// Forget implements [Store]. It builds the store again without the actor.
func (s *MemoryStore) Forget(ctx context.Context, who Actor) error {
	who = who.normal()
	if who == (Actor{}) {
		return ctx.Err()
	}
	return s.db.Update(ctx, func(undo func(func())) error {
		before := *s
		undo(func() { *s = before })
		s.forgot = maps.Clone(before.forgot)
		if s.forgot == nil {
			s.forgot = make(map[string]struct{})
		}
		s.data, s.ids, s.ofActor = Dataset{}, nil, nil
		s.numbers = make(map[string]int, len(before.numbers))
		old := snapshot{data: before.data, ids: before.ids}
		for n := range before.ids {
			in := old.interaction(n)
			if in.Actor == who {
				s.forgot[keyedhash.Of(s.secret, in.ID)] = struct{}{}
				continue
			}
			s.append(in)
		}
		return nil
	})
}

// Clear implements [Store].
func (s *MemoryStore) Clear(ctx context.Context) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		before := *s
		undo(func() { *s = before })
		s.data, s.ids, s.ofActor, s.numbers = Dataset{}, nil, nil, make(map[string]int)
		return nil
	})
}

// snapshot is what a range reads: slices that only grow behind its back.
type snapshot struct {
	data    Dataset
	ids     []string
	ofActor []int32
}

// take returns a snapshot, with the interactions of actor when it is not nobody.
func (s *MemoryStore) take(ctx context.Context, actor Actor) (v snapshot, err error) {
	err = s.db.View(ctx, func() error {
		v = snapshot{data: s.data, ids: s.ids}
		if a, ok := s.data.actors.numbers[actor]; ok && int(a) < len(s.ofActor) {
			v.ofActor = s.ofActor[a]
		}
		return nil
	})
	return v, err
}

// dataset returns what is stored, sharing all but the tables of names.
func (s *MemoryStore) dataset(ctx context.Context) (d *Dataset, err error) {
	err = s.db.View(ctx, func() error {
		d = s.data.where(func(int, *basket) bool { return true })
		return nil
	})
	return d, err
}

// interaction returns the interaction with number n.
func (v *snapshot) interaction(n int) Interaction {
	in := v.data.interaction(n)
	in.ID = v.ids[n]
	return in
}

// All implements [Store].
func (s *MemoryStore) All(ctx context.Context) iter.Seq2[Interaction, error] {
	return func(yield func(Interaction, error) bool) {
		v, err := s.take(ctx, Actor{})
		for n := 0; err == nil && n < len(v.ids); n++ {
			if !yield(v.interaction(n), nil) {
				return
			}
			err = ctx.Err()
		}
		if err != nil {
			yield(Interaction{}, err)
		}
	}
}

// Of implements [Store].
func (s *MemoryStore) Of(ctx context.Context, actor Actor) iter.Seq2[Interaction, error] {
	return func(yield func(Interaction, error) bool) {
		v, err := s.take(ctx, actor.normal())
		for i := 0; err == nil && i < len(v.ofActor); i++ {
			if !yield(v.interaction(int(v.ofActor[i])), nil) {
				return
			}
			err = ctx.Err()
		}
		if err != nil {
			yield(Interaction{}, err)
		}
	}
}
