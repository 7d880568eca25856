package live_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/catalog/live/livetest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// The neighbors fit as they are.
var (
	_ live.Promoter = (*pricing.Service)(nil)
	_ live.Reserver = (*inventory.Service)(nil)
	_ live.Releaser = (*inventory.Service)(nil)
	_ live.Stock    = (*inventory.Service)(nil)
)

var evening = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

// studio is a service with its neighbors on one database and one clock.
type studio struct {
	*live.Service
	prices *pricing.Service
	stock  *inventory.Service
	now    atomic.Int64 // seconds after evening
	told   []flywheel.Event
}

func (s *studio) clock() time.Time { return evening.Add(time.Duration(s.now.Load()) * time.Second) }

func newStudio(t testing.TB, store func(db *flywheel.Memory) live.Store) *studio {
	s := &studio{}
	db := new(flywheel.Memory)
	var err error
	s.prices, err = pricing.New(pricing.NewMemory(db), &pricing.Options{Config: pricing.Config{
		Lists:            []pricing.List{{ID: "base", Entries: []pricing.Entry{{SKU: "mug", Unit: eur(900)}, {SKU: "cup", Unit: eur(700)}}}},
		BasketAttributes: map[string]rule.Type{"live": rule.String},
	}})
	require.NoError(t, err)
	s.stock, err = inventory.New(inventory.NewMemory(db), &inventory.Options{Now: s.clock, Hold: 24 * time.Hour})
	require.NoError(t, err)
	require.NoError(t, s.stock.Receive(t.Context(), "delivery", []flywheel.Line{{SKU: "mug", Quantity: 15}}))
	s.Service, err = live.New(store(db), &live.Options{Promotions: s.prices, Stock: s.stock, Now: s.clock, Sink: flywheel.SinkFunc(
		func(_ context.Context, events ...flywheel.Event) error {
			s.told = append(s.told, events...)
			return nil
		})})
	require.NoError(t, err)
	return s
}

func inMemory(db *flywheel.Memory) live.Store { return live.NewMemory(db) }

func eur(minor int64) money.Price { return money.PriceOf(money.New(minor, money.EUR)) }

func mugs() live.Event {
	return live.Event{
		ID: "nov-11", Title: "Mugs", Starts: evening, Ends: evening.Add(time.Hour), Attribute: "live",
		Slots: []live.Slot{
			{ID: "mug", Title: "The mug", Product: "mug", SKUs: []flywheel.SKU{"mug"}, Price: eur(500), Quota: 10},
			{ID: "cup", Product: "cup", SKUs: []flywheel.SKU{"cup"}, Percent: money.Percent(10)},
			{ID: "tea", Product: "tea", SKUs: []flywheel.SKU{"tea-1", "tea-2"}},
		},
	}
}

// total is what a mug and a cup cost with the event's attribute set or not.
func (s *studio) total(t testing.TB, attribute string) int64 {
	b := pricing.Basket{Currency: money.EUR, At: s.clock(), Lines: []pricing.Line{{ID: "1", SKU: "mug", Quantity: 1}, {ID: "2", SKU: "cup", Quantity: 1}}}
	if attribute != "" {
		b.Attributes = map[string]any{"live": attribute}
	}
	q, err := s.prices.Quote(b)
	require.NoError(t, err)
	return q.Total.Minor()
}

func (s *studio) available(t testing.TB) int64 {
	l, err := s.stock.Level(t.Context(), "mug")
	require.NoError(t, err)
	return l.Available()
}

func TestEvening(t *testing.T) {
	ctx := t.Context()
	s := newStudio(t, inMemory)
	e, err := s.Schedule(ctx, mugs())
	require.NoError(t, err)
	require.Equal(t, live.Scheduled, e.State)
	require.Equal(t, int64(1600), s.total(t, "nov-11"))
	_, err = s.Show(ctx, "nov-11", "mug")
	require.ErrorIs(t, err, live.ErrState)
	_, err = s.Claim(ctx, "nov-11", "mug", "o-1", 1)
	require.ErrorIs(t, err, live.ErrState)

	for range 2 { // twice is once
		e, err = s.Start(ctx, "nov-11")
		require.NoError(t, err)
	}
	require.Equal(t, live.Live, e.State)
	require.Equal(t, int64(500+630), s.total(t, "nov-11"))
	require.Equal(t, int64(1600), s.total(t, ""), "who does not watch pays the ordinary price")
	require.Equal(t, int64(5), s.available(t), "the quota is nobody else's")

	for i, slot := range []string{"mug", "mug", "cup", "mug"} {
		s.now.Store(int64(10 * (i + 1)))
		_, err = s.Show(ctx, "nov-11", slot)
		require.NoError(t, err)
	}
	_, err = s.Show(ctx, "nov-11", "pot")
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	sold, err := s.Claim(ctx, "nov-11", "mug", "o-1", 4)
	require.NoError(t, err)
	require.Equal(t, int64(4), sold)
	sold, err = s.Claim(ctx, "nov-11", "mug", "o-1", 4)
	require.NoError(t, err)
	require.Equal(t, int64(4), sold, "the same claim again")
	_, err = s.Claim(ctx, "nov-11", "mug", "o-1", 3)
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	_, err = s.Claim(ctx, "nov-11", "mug", "o-2", 7)
	require.ErrorIs(t, err, live.ErrSoldOut)
	require.Equal(t, int64(5), s.available(t), "claims come out of the quota")
	require.NoError(t, s.stock.Commit(ctx, "o-1"))
	_, err = s.Claim(ctx, "nov-11", "mug", "o-3", 2)
	require.NoError(t, err)
	require.NoError(t, s.stock.Release(ctx, "o-3"))
	require.NoError(t, s.Unclaim(ctx, "nov-11", "mug", "o-3"))
	require.NoError(t, s.Unclaim(ctx, "nov-11", "mug", "o-3"))
	require.Equal(t, int64(5), s.available(t))
	_, err = s.Claim(ctx, "nov-11", "mug", "o-4", 6)
	require.NoError(t, err, "the whole quota")
	require.NoError(t, s.stock.Release(ctx, "o-4"))
	require.NoError(t, s.Unclaim(ctx, "nov-11", "mug", "o-4"))
	_, err = s.Claim(ctx, "nov-11", "cup", "o-5", 3)
	require.NoError(t, err, "a slot without quota")
	all, err := s.Sold(ctx, "nov-11")
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"mug": 4, "cup": 3}, all)

	s.now.Store(100)
	for range 2 {
		e, err = s.End(ctx, "nov-11")
		require.NoError(t, err)
	}
	require.Equal(t, int64(1600), s.total(t, "nov-11"))
	require.Equal(t, int64(11), s.available(t), "what is left of the quota is free")
	require.Equal(t, []live.Chapter{
		{From: 10 * time.Second, To: 30 * time.Second, Slot: "mug", Title: "The mug"}, {From: 30 * time.Second, To: 40 * time.Second, Slot: "cup", Title: "cup"},
		{From: 40 * time.Second, To: 100 * time.Second, Slot: "mug", Title: "The mug"},
	}, e.Replay())
	require.Len(t, s.told, 2)
	require.Equal(t, []string{live.EventStarted, live.EventEnded}, []string{s.told[0].Name, s.told[1].Name})
	_, err = s.Claim(ctx, "nov-11", "cup", "o-6", 1)
	require.ErrorIs(t, err, live.ErrState)
	_, err = s.Cancel(ctx, "nov-11")
	require.ErrorIs(t, err, live.ErrState)
	_, err = s.Schedule(ctx, e)
	require.ErrorIs(t, err, live.ErrState)
}

// A hundred viewers reach for ten mugs.
func TestRush(t *testing.T) {
	ctx := t.Context()
	s := newStudio(t, inMemory)
	_, err := s.Schedule(ctx, mugs())
	require.NoError(t, err)
	_, err = s.Start(ctx, "nov-11")
	require.NoError(t, err)
	won := 0
	for _, err := range suite.Parallel(100, func(i int) error {
		_, err := s.Claim(ctx, "nov-11", "mug", fmt.Sprint("o-", i), 1)
		return err
	}) {
		if err == nil {
			won++
		} else {
			require.ErrorIs(t, err, live.ErrSoldOut)
		}
	}
	require.Equal(t, 10, won)
	require.Equal(t, int64(5), s.available(t))
	_, err = s.End(ctx, "nov-11")
	require.NoError(t, err)
	require.Equal(t, int64(5), s.available(t), "the claimed ones stay reserved")
}

// Too little stock: nothing is held, the event has not started.
func TestStartWithoutStock(t *testing.T) {
	ctx := t.Context()
	s := newStudio(t, inMemory)
	e := mugs()
	e.Slots[0].Quota = 16
	_, err := s.Schedule(ctx, e)
	require.NoError(t, err)
	_, err = s.Start(ctx, "nov-11")
	var short *inventory.ShortageError
	require.ErrorAs(t, err, &short)
	require.Equal(t, int64(15), s.available(t))
	got, err := s.Get(ctx, "nov-11")
	require.NoError(t, err)
	require.Equal(t, live.Scheduled, got.State)
	require.Equal(t, int64(1600), s.total(t, "nov-11"))
}

// Nobody ended the first, nobody started the second.
func TestAdvance(t *testing.T) {
	ctx := t.Context()
	s := newStudio(t, inMemory)
	second := mugs()
	second.ID = "second"
	for _, e := range []live.Event{mugs(), second} {
		_, err := s.Schedule(ctx, e)
		require.NoError(t, err)
	}
	upcoming, err := s.Upcoming(ctx, 9)
	require.NoError(t, err)
	require.Len(t, upcoming, 2)
	_, err = s.Start(ctx, "nov-11")
	require.NoError(t, err)
	more, err := s.Advance(ctx, evening.Add(time.Hour-1))
	require.NoError(t, err)
	require.False(t, more)
	more, err = s.Advance(ctx, evening.Add(2*time.Hour))
	require.NoError(t, err)
	require.True(t, more)
	more, err = s.Advance(ctx, evening.Add(2*time.Hour))
	require.NoError(t, err)
	require.False(t, more)
	e, err := s.Get(ctx, "nov-11")
	require.NoError(t, err)
	require.Equal(t, live.Ended, e.State)
	require.Equal(t, evening.Add(time.Hour), e.EndedAt)
	require.Equal(t, int64(15), s.available(t))
	e, err = s.Get(ctx, "second")
	require.NoError(t, err)
	require.Equal(t, live.Canceled, e.State)
	_, err = s.Start(ctx, "second")
	require.ErrorIs(t, err, live.ErrState)
}

// A failing store leaves neither held stock nor prices nor claims behind.
func TestStoreFails(t *testing.T) {
	ctx := t.Context()
	lost := errors.New("lost")
	for _, call := range []string{"Save", "Claim", "Sold"} {
		for _, after := range []bool{false, true} {
			failing := false
			s := newStudio(t, func(db *flywheel.Memory) live.Store {
				return livetest.Failing(live.NewMemory(db), func(c string, a bool) error {
					if failing && c == call && a == after {
						return lost
					}
					return nil
				})
			})
			_, err := s.Schedule(ctx, mugs())
			require.NoError(t, err)
			failing = call == "Save"
			if _, err = s.Start(ctx, "nov-11"); failing {
				require.ErrorIs(t, err, lost)
				require.Equal(t, int64(15), s.available(t))
				require.Equal(t, int64(1600), s.total(t, "nov-11"))
				failing = false
				_, err = s.Start(ctx, "nov-11")
			}
			require.NoError(t, err)
			failing = call == "Claim"
			if _, err = s.Claim(ctx, "nov-11", "mug", "o", 1); failing {
				require.ErrorIs(t, err, lost)
				all, err := s.Sold(ctx, "nov-11")
				require.NoError(t, err)
				require.Empty(t, all)
			}
			failing = call == "Sold"
			if _, err = s.End(ctx, "nov-11"); failing {
				require.ErrorIs(t, err, lost)
			}
			failing = false
			_, err = s.End(ctx, "nov-11")
			require.NoError(t, err)
		}
	}
}

func TestBadEvents(t *testing.T) {
	ctx := t.Context()
	s := newStudio(t, inMemory)
	for name, c := range map[string]struct {
		field  string
		kind   error
		change func(e *live.Event)
	}{
		"id":       {"id", flywheel.ErrInvalid, func(e *live.Event) { e.ID = "\x00" }},
		"long id":  {"id", flywheel.ErrLimit, func(e *live.Event) { e.ID = fmt.Sprintf("%0101d", 0) }},
		"backward": {"ends", flywheel.ErrOutOfRange, func(e *live.Event) { e.Ends = e.Starts }},
		"days":     {"ends", flywheel.ErrOutOfRange, func(e *live.Event) { e.Ends = e.Starts.Add(25 * time.Hour) }},
		"slots":    {"slots", flywheel.ErrLimit, func(e *live.Event) { e.Slots = make([]live.Slot, 501) }},
		"title":    {"title", flywheel.ErrLimit, func(e *live.Event) { e.Title = fmt.Sprintf("%01001d", 0) }},
		"slot":     {"slots[0].id", flywheel.ErrInvalid, func(e *live.Event) { e.Slots[0].ID = "" }},
		"twice":    {"slots[1].id", flywheel.ErrInvalid, func(e *live.Event) { e.Slots[1].ID = "mug" }},
		"sku":      {"slots[2].skus[1]", flywheel.ErrInvalid, func(e *live.Event) { e.Slots[2].SKUs[1] = "" }},
		"no skus":  {"slots[0].skus", flywheel.ErrInvalid, func(e *live.Event) { e.Slots[0].SKUs = nil }},
		"both":     {"slots[0].percent", flywheel.ErrInvalid, func(e *live.Event) { e.Slots[0].Percent = money.Percent(1) }},
		"negative": {"slots[0].price", flywheel.ErrOutOfRange, func(e *live.Event) { e.Slots[0].Price = eur(-1) }},
		"percent":  {"slots[1].percent", flywheel.ErrOutOfRange, func(e *live.Event) { e.Slots[1].Percent = money.Percent(101) }},
		"quota":    {"slots[0].quota", flywheel.ErrOutOfRange, func(e *live.Event) { e.Slots[0].Quota = -1 }},
		"of two":   {"slots[2].quota", flywheel.ErrInvalid, func(e *live.Event) { e.Slots[2].Quota = 1 }},
	} {
		e := mugs().Clone()
		c.change(&e)
		_, err := s.Schedule(ctx, e)
		var field *flywheel.FieldError
		require.ErrorAs(t, err, &field, name)
		require.Equal(t, c.field, field.Field, name)
		require.ErrorIs(t, err, c.kind, name)
	}
	alone, err := live.New(nil, nil)
	require.NoError(t, err)
	_, err = alone.Schedule(ctx, mugs())
	require.ErrorIs(t, err, flywheel.ErrInvalid, "no neighbor for the quota")
	e := mugs()
	e.Slots[0].Quota = 0
	_, err = alone.Schedule(ctx, e)
	require.ErrorIs(t, err, flywheel.ErrInvalid, "no neighbor for the price")
	_, err = s.Upcoming(ctx, 0)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = s.Start(ctx, "missing")
	var missing *live.EventError
	require.ErrorAs(t, err, &missing)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = s.Claim(ctx, "e", "s", "", 1)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = s.Claim(ctx, "e", "s", "o", 0)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func TestAttribute(t *testing.T) {
	e := mugs()
	n := 0
	entry := func(minute int, name, person, ref string, replay bool, lines ...flywheel.Line) flywheel.Entry {
		n++
		at := evening.Add(time.Duration(minute) * time.Minute)
		x := flywheel.Entry{Position: flywheel.Position(n), Received: at, Effective: at, Person: flywheel.Person(person), Event: flywheel.Event{ID: fmt.Sprint("e", n), Name: name, Ref: ref, Time: at, Lines: lines}}
		if replay {
			x.Event.Properties = map[string]any{live.PropertyReplay: true}
		}
		return x
	}
	line := func(sku string, n, minor int64) flywheel.Line {
		return flywheel.Line{SKU: flywheel.SKU(sku), Quantity: n, Amount: money.New(minor, money.EUR)}
	}
	entries := []flywheel.Entry{
		entry(-5, flywheel.EventPurchase, "c:early", "o-0", false, line("mug", 1, 500)),
		entry(0, live.EventJoined, "c:anna", "nov-11", false),
		entry(1, live.EventJoined, "c:ben", "other", false),
		entry(2, live.EventJoined, "v:phone", "nov-11", false),
		entry(3, flywheel.EventPurchase, "c:anna", "o-1", false, line("mug", 2, 1000), line("tea-1", 1, 300), line("pot", 1, 5000)),
		entry(4, flywheel.EventPurchase, "c:anna", "o-1", false, line("mug", 2, 1000)),
		entry(5, flywheel.EventPurchase, "c:ben", "o-2", false, line("mug", 1, 500)),
		entry(6, flywheel.EventPurchase, "v:phone", "", false, line("pot", 1, 5000)),
		entry(600, live.EventJoined, "c:cleo", "nov-11", true),
		entry(610, flywheel.EventPurchase, "c:cleo", "o-3", false, line("cup", 3, 1890)),
		entry(63, flywheel.EventPurchase, "c:anna", "o-4", false, line("mug", 1, 900)),
	}
	seq := func(yield func(flywheel.Entry, error) bool) {
		for _, x := range entries {
			if !yield(x, nil) {
				return
			}
		}
	}
	r, err := live.Attribute(&e, seq, time.Hour)
	require.NoError(t, err)
	require.Equal(t, live.Result{
		Viewers: 2, ReplayViewers: 1, Buyers: 2, Orders: 2, ReplayOrders: 1, Revenue: money.New(3190, money.EUR),
		Slots: []live.SlotResult{
			{Slot: "mug", Orders: 1, Units: 2, Revenue: money.New(1000, money.EUR)}, {Slot: "cup", Orders: 1, Units: 3, Revenue: money.New(1890, money.EUR)},
			{Slot: "tea", Orders: 1, Units: 1, Revenue: money.New(300, money.EUR)},
		},
	}, r)
	_, err = live.Attribute(&e, seq, 0)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	entries = append(slices.Clone(entries[:5]), entry(6, flywheel.EventPurchase, "c:anna", "o-9", false, flywheel.Line{SKU: "mug", Quantity: 1, Amount: money.New(1, money.USD)}))
	_, err = live.Attribute(&e, seq, time.Hour)
	var culprit *flywheel.EntryError
	require.ErrorAs(t, err, &culprit)
	lost := errors.New("lost")
	_, err = live.Attribute(&e, func(yield func(flywheel.Entry, error) bool) { yield(flywheel.Entry{}, lost) }, time.Hour)
	require.ErrorIs(t, err, lost)
}

func BenchmarkClaim(b *testing.B) {
	ctx := b.Context()
	s, err := live.New(nil, nil)
	require.NoError(b, err)
	e := mugs()
	e.Slots = []live.Slot{{ID: "mug", Product: "mug", SKUs: []flywheel.SKU{"mug"}}}
	e.Starts, e.Ends = time.Now(), time.Now().Add(time.Hour)
	_, err = s.Schedule(ctx, e)
	require.NoError(b, err)
	_, err = s.Start(ctx, e.ID)
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Claim(ctx, e.ID, "mug", fmt.Sprint(i), 1); err != nil {
			b.Fatal(err)
		}
	}
}
