package coupon

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is the [Store] that a program starts with. It is safe for
// concurrent use.
type MemoryStore struct {
	db          *flywheel.Memory
	campaigns   map[string]Campaign
	codes       map[string]Code
	redemptions map[string]Redemption
	tallies     map[tallyKey]int64
	holds       map[string]map[string]time.Time // ends by campaign and key
}

type tallyKey struct{ campaign, name string }

// NewMemory returns an empty store in db, whose transactions it joins, or in a
// database of its own when db is nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{
		db: db, campaigns: map[string]Campaign{}, codes: map[string]Code{},
		redemptions: map[string]Redemption{}, tallies: map[tallyKey]int64{},
		holds: map[string]map[string]time.Time{},
	}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

var _ Store = (*MemoryStore)(nil)

// Campaign implements [Store].
func (s *MemoryStore) Campaign(ctx context.Context, id string) (c Campaign, err error) {
	err = s.db.View(ctx, func() error {
		found, ok := s.campaigns[id]
		if !ok {
			return fmt.Errorf("coupon: campaign %q: %w", id, flywheel.ErrNotFound)
		}
		c = found.Stored()
		return nil
	})
	return c, err
}

// SaveCampaign implements [Store].
func (s *MemoryStore) SaveCampaign(ctx context.Context, c Campaign) (Campaign, error) {
	c = c.Stored()
	err := s.db.Update(ctx, func(undo func(func())) error {
		if s.campaigns[c.ID].Version != c.Version {
			return fmt.Errorf("campaign %q is not at version %d: %w", c.ID, c.Version, ErrStale)
		}
		c.Version++
		memstore.Set(s.campaigns, c.ID, c.Stored(), undo)
		return nil
	})
	if err != nil {
		return Campaign{}, err
	}
	return c, nil
}

// AddCodes implements [Store].
func (s *MemoryStore) AddCodes(ctx context.Context, codes []Code) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		for _, c := range codes {
			if _, taken := s.codes[c.Code]; taken {
				return fmt.Errorf("%q: %w", c.Code, ErrTaken)
			}
			memstore.Set(s.codes, c.Code, c, undo)
		}
		return nil
	})
}

// Code implements [Store].
func (s *MemoryStore) Code(ctx context.Context, code string) (c Code, err error) {
	err = s.db.View(ctx, func() error {
		var ok bool
		if c, ok = s.codes[code]; !ok {
			return fmt.Errorf("coupon: code %q: %w", code, flywheel.ErrNotFound)
		}
		return nil
	})
	return c, err
}

// Redeem implements [Store].
func (s *MemoryStore) Redeem(ctx context.Context, r Redemption) (Redemption, error) {
	r = r.Stored()
	err := s.db.Update(ctx, func(undo func(func())) error {
		add := true
		if before, ok := s.redemptions[r.Key]; ok {
			var err error
			if r, add, err = r.Again(&before); err != nil {
				return fmt.Errorf("%q: %w", r.Key, err)
			}
		}
		for i := range r.Uses {
			if !add {
				break
			}
			if err := s.add(r.Campaign, &r.Uses[i], undo); err != nil {
				return err
			}
		}
		s.put(r.Stored(), undo)
		return nil
	})
	if err != nil {
		return Redemption{}, err
	}
	return r, nil
}

// Cancel implements [Store].
func (s *MemoryStore) Cancel(ctx context.Context, key string, at time.Time) (r Redemption, err error) {
	err = s.db.Update(ctx, func(undo func(func())) error {
		found, ok := s.redemptions[key]
		if !ok {
			return fmt.Errorf("coupon: redemption %q: %w", key, flywheel.ErrNotFound)
		}
		if r = found.Stored(); !r.Canceled.IsZero() {
			return nil
		}
		r.Canceled = stored(at)
		return s.giveBack(r, undo)
	})
	if err != nil {
		return Redemption{}, err
	}
	return r, nil
}

// giveBack takes the uses of a canceled redemption from their tallies.
func (s *MemoryStore) giveBack(r Redemption, undo func(func())) error {
	for _, t := range r.Uses {
		t.Add, t.Limit = -t.Add, Unlimited
		if err := s.add(r.Campaign, &t, undo); err != nil {
			return err
		}
	}
	s.put(r.Stored(), undo)
	return nil
}

// put writes a redemption and its place among the holds of its campaign.
func (s *MemoryStore) put(r Redemption, undo func(func())) {
	memstore.Set(s.redemptions, r.Key, r, undo)
	holds := s.holds[r.Campaign]
	if holds == nil {
		holds = map[string]time.Time{}
		s.holds[r.Campaign] = holds
	}
	if !r.Held.IsZero() && r.Canceled.IsZero() {
		memstore.Set(holds, r.Key, r.Held, undo)
		return
	}
	before, had := holds[r.Key]
	if had {
		undo(func() { holds[r.Key] = before })
		delete(holds, r.Key)
	}
}

// Settle implements [Store].
func (s *MemoryStore) Settle(ctx context.Context, key string, commit bool, at time.Time) (r Redemption, err error) {
	err = s.db.Update(ctx, func(undo func(func())) error {
		found, ok := s.redemptions[key]
		if !ok {
			return fmt.Errorf("coupon: redemption %q: %w", key, flywheel.ErrNotFound)
		}
		next, changed, err := found.Stored().Settled(commit, stored(at))
		if r = next; err != nil || !changed {
			return err
		}
		if commit {
			s.put(r.Stored(), undo)
			return nil
		}
		return s.giveBack(r, undo)
	})
	if err != nil {
		return Redemption{}, err
	}
	return r, nil
}

// Expire implements [Store].
func (s *MemoryStore) Expire(ctx context.Context, campaign string, at time.Time) (over int64, err error) {
	at = stored(at)
	var keys []string
	count := func() error {
		keys = nil
		for key, until := range s.holds[campaign] {
			if !at.Before(until) {
				keys = append(keys, key)
			}
		}
		return nil
	}
	if err := s.db.View(ctx, count); err != nil || len(keys) == 0 {
		return 0, err
	}
	err = s.db.Update(ctx, func(undo func(func())) error {
		_ = count() // again: others may have been here
		for _, key := range keys {
			r := s.redemptions[key].Stored()
			r.Canceled = at
			if err := s.giveBack(r, undo); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return int64(len(keys)), nil
}

// Redemption implements [Store].
func (s *MemoryStore) Redemption(ctx context.Context, key string) (r Redemption, err error) {
	err = s.db.View(ctx, func() error {
		found, ok := s.redemptions[key]
		if !ok {
			return fmt.Errorf("coupon: redemption %q: %w", key, flywheel.ErrNotFound)
		}
		r = found.Stored()
		return nil
	})
	return r, err
}

// Used implements [Store].
func (s *MemoryStore) Used(ctx context.Context, campaign, tally string) (used int64, err error) {
	err = s.db.View(ctx, func() error {
		used = s.tallies[tallyKey{campaign, tally}]
		return nil
	})
	return used, err
}

// Codes implements [Store].
func (s *MemoryStore) Codes(ctx context.Context, campaign string) iter.Seq2[Code, error] {
	return listed(ctx, s, s.codes,
		func(c *Code) (Code, bool) { return *c, c.Campaign == campaign },
		func(a, b Code) int { return cmp.Compare(a.Code, b.Code) })
}

// Redemptions implements [Store].
func (s *MemoryStore) Redemptions(ctx context.Context, campaign string, held bool) iter.Seq2[Redemption, error] {
	return listed(ctx, s, s.redemptions,
		func(r *Redemption) (Redemption, bool) {
			return r.Stored(), r.Campaign == campaign && (!held || !r.Held.IsZero() && r.Canceled.IsZero())
		},
		func(a, b Redemption) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key)) })
}

// listed yields the entries that pick chooses, in order, as they are when it
// begins.
func listed[V any](ctx context.Context, s *MemoryStore, all map[string]V, pick func(*V) (V, bool), order func(a, b V) int) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var list []V
		err := s.db.View(ctx, func() error {
			for _, v := range all {
				if v, ok := pick(&v); ok {
					list = append(list, v)
				}
			}
			return nil
		})
		slices.SortFunc(list, order)
		memstore.Yield(yield, list, err)
	}
}

func (s *MemoryStore) add(campaign string, t *Tally, undo func(func())) error {
	key := tallyKey{campaign, t.Name}
	after, err := t.After(s.tallies[key])
	if err == nil {
		memstore.Set(s.tallies, key, after, undo)
	}
	return err
}
