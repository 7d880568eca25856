package inventory_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
)

// What checkout and order ask of stock, in their words.
var _ interface {
	Reserve(ctx context.Context, ref string, lines []flywheel.Line) error
	Commit(ctx context.Context, ref string) error
	Release(ctx context.Context, ref string) error
	Restock(ctx context.Context, ref string, lines []flywheel.Line) error
} = (*inventory.Service)(nil)

func TestBadInput(t *testing.T) {
	ctx := t.Context()
	svc, err := inventory.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, svc.Receive(ctx, "delivery", line("a", 5)))
	long := strings.Repeat("x", flywheel.MaxIDBytes+1)
	for name, c := range map[string]struct {
		err  error
		kind error
	}{
		"no lines":             {svc.Reserve(ctx, "r", nil), flywheel.ErrInvalid},
		"no ref":               {svc.Reserve(ctx, "", line("a", 1)), flywheel.ErrInvalid},
		"long ref":             {svc.Reserve(ctx, long, line("a", 1)), flywheel.ErrLimit},
		"no sku":               {svc.Reserve(ctx, "r", line("", 1)), flywheel.ErrInvalid},
		"zero":                 {svc.Reserve(ctx, "r", line("a", 0)), flywheel.ErrOutOfRange},
		"negative":             {svc.Receive(ctx, "r", line("a", -1)), flywheel.ErrOutOfRange},
		"huge":                 {svc.Restock(ctx, "r", line("a", 1<<62)), flywheel.ErrOutOfRange},
		"huge in sum":          {svc.Reserve(ctx, "r", append(line("a", 1<<61), line("a", 1<<61)...)), flywheel.ErrOutOfRange},
		"second line bad":      {svc.Receive(ctx, "r", append(line("a", 1), line("b", 0)...)), flywheel.ErrOutOfRange},
		"balance overflows":    {svc.Receive(ctx, "r", append(line("0", 1), line("a", inventory.MaxQuantity)...)), flywheel.ErrOutOfRange},
		"adjust by nothing":    {svc.Adjust(ctx, "r", "count", "a", 0), flywheel.ErrOutOfRange},
		"adjust by the least":  {svc.Adjust(ctx, "r", "count", "a", -1<<63), flywheel.ErrOutOfRange},
		"adjust for no reason": {svc.Adjust(ctx, "r", "", "a", 1), flywheel.ErrInvalid},
		"adjust no sku":        {svc.Adjust(ctx, "r", "count", "", 1), flywheel.ErrInvalid},
		"adjust too much":      {svc.Adjust(ctx, "r", "count", "a", -6), inventory.ErrOutOfStock},
		"negative limit":       {svc.SetBackorder(ctx, "a", -1), flywheel.ErrOutOfRange},
		"huge limit":           {svc.SetBackorder(ctx, "a", inventory.MaxQuantity+1), flywheel.ErrOutOfRange},
		"limit of no sku":      {svc.SetBackorder(ctx, "", 1), flywheel.ErrInvalid},
		"limit nowhere":        {svc.At("").SetBackorder(ctx, "a", 1), flywheel.ErrInvalid},
		"nowhere":              {svc.At(" ").Receive(ctx, "r", line("a", 1)), flywheel.ErrInvalid},
		"commit unknown":       {svc.Commit(ctx, "unknown"), flywheel.ErrNotFound},
		"release unknown":      {svc.Release(ctx, "unknown"), flywheel.ErrNotFound},
		"commit no ref":        {svc.Commit(ctx, ""), flywheel.ErrInvalid},
		"release no ref":       {svc.Release(ctx, "a\x00"), flywheel.ErrInvalid},
		"delivery repeated":    {svc.Receive(ctx, "delivery", line("a", 6)), flywheel.ErrConflict},
	} {
		require.ErrorIs(t, c.err, c.kind, name)
	}
	_, err = svc.Level(ctx, "")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = svc.Reservation(ctx, "")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	var levels []inventory.Level
	for l, err := range svc.Levels(ctx, "") {
		require.NoError(t, err)
		levels = append(levels, l)
	}
	require.Equal(t, []inventory.Level{{SKU: "a", Location: "main", OnHand: 5, Seq: 1}}, levels)

	_, err = inventory.New(nil, &inventory.Options{Hold: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = inventory.New(nil, &inventory.Options{Location: "\n"})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// The life of a ref: which call answers what in which state.
func TestReservationLife(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	svc, err := inventory.New(nil, &inventory.Options{Hold: time.Hour, Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.NoError(t, svc.Receive(ctx, "delivery", line("a", 5)))
	reserved := func(want int64) {
		t.Helper()
		l, err := svc.Level(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, want, l.Reserved)
	}

	require.NoError(t, svc.Reserve(ctx, "r", line("a", 2)))
	require.NoError(t, svc.Reserve(ctx, "r", append(line("a", 1), line("a", 1)...)), "the same in other words")
	reserved(2)
	require.ErrorIs(t, svc.Reserve(ctx, "r", line("a", 3)), flywheel.ErrConflict)
	require.ErrorIs(t, svc.At("other").Reserve(ctx, "r", line("a", 2)), flywheel.ErrConflict)
	require.NoError(t, svc.Release(ctx, "r"))
	require.NoError(t, svc.Release(ctx, "r"))
	require.ErrorIs(t, svc.Commit(ctx, "r"), flywheel.ErrConflict)
	reserved(0)

	require.NoError(t, svc.Reserve(ctx, "r", line("a", 3)), "anew, with other lines")
	now = now.Add(time.Hour)
	require.ErrorIs(t, svc.Commit(ctx, "r"), flywheel.ErrExpired, "though nobody took it back")
	reserved(3)
	require.NoError(t, svc.Reserve(ctx, "r", line("a", 3)), "nobody took it back, so it goes on")
	require.NoError(t, svc.Commit(ctx, "r"))
	require.NoError(t, svc.Commit(ctx, "r"))
	require.NoError(t, svc.Reserve(ctx, "r", line("a", 3)), "was reserved")
	require.ErrorIs(t, svc.Reserve(ctx, "r", line("a", 2)), flywheel.ErrConflict)
	require.ErrorIs(t, svc.Release(ctx, "r"), flywheel.ErrConflict)
	reserved(0)

	require.NoError(t, svc.Reserve(ctx, "s", line("a", 2)))
	require.ErrorIs(t, svc.Reserve(ctx, "t", line("a", 1)), inventory.ErrOutOfStock)
	now = now.Add(time.Hour)
	require.NoError(t, svc.Reserve(ctx, "t", line("a", 1)), "takes back what has expired")
	require.ErrorIs(t, svc.Commit(ctx, "s"), flywheel.ErrExpired)
	require.NoError(t, svc.Release(ctx, "s"), "is over anyway")
	reserved(1)
	now = now.Add(time.Hour)
	require.NoError(t, svc.Reserve(ctx, "t", line("a", 2)), "other lines once the time is over")
	reserved(2)
	r, err := svc.Reservation(ctx, "t")
	require.NoError(t, err)
	require.Equal(t, inventory.Reservation{Ref: "t", Location: "main", Lines: line("a", 2), State: inventory.StateOpen,
		Expires: now.Add(time.Hour), Attempt: 2, Version: 3}, r)
}

func TestEvents(t *testing.T) {
	ctx := t.Context()
	db := &flywheel.Memory{}
	var told []flywheel.Event
	var fail error
	sink := flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			require.NoError(t, e.Validate())
		}
		told = append(told, events...)
		return fail
	})
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	svc, err := inventory.New(inventory.NewMemory(db), &inventory.Options{Sink: sink, Tx: db, Location: "a:b", Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.NoError(t, svc.Receive(ctx, "d", append(line("y", 1), line("x", 5)...)))
	require.NoError(t, svc.Adjust(ctx, "c", "broken", "x", -2))
	require.NoError(t, svc.Reserve(ctx, "o", line("x", 2)))
	require.NoError(t, svc.Commit(ctx, "o"))
	require.NoError(t, svc.Commit(ctx, "o"))
	require.NoError(t, svc.Restock(ctx, strings.Repeat("r", 255), line("x", 1)))
	require.Len(t, told, 5)
	require.Equal(t, flywheel.Event{ID: "stock_received:a%3Ab:d", Name: inventory.EventReceived, Time: now, Ref: "d",
		Lines: append(line("x", 5), line("y", 1)...), Properties: map[string]any{"location": "a:b"}}, told[0])
	require.Equal(t, flywheel.Event{ID: "stock_adjusted:a%3Ab:x:c", Name: inventory.EventAdjusted, Time: now, Ref: "c",
		Lines: line("x", 2), Properties: map[string]any{"location": "a:b", "reason": "broken", "direction": "out", "sku": "x"}}, told[1])
	require.Equal(t, flywheel.Event{ID: "stock_committed:a%3Ab:o", Name: inventory.EventCommitted, Time: now, Ref: "o",
		Lines: line("x", 2), Properties: map[string]any{"location": "a:b"}}, told[2])
	require.Equal(t, told[2], told[3], "the same fact again")
	require.True(t, strings.HasPrefix(told[4].ID, "stock_restocked#"), told[4].ID)

	fail = errors.New("log is full")
	require.NoError(t, svc.Receive(ctx, "d2", line("x", 5)), "a sink elsewhere is told later")
	fail = nil
	more, err := svc.Deliver(ctx, now)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, "stock_received:a%3Ab:d2", told[len(told)-1].ID)

	fail = flywheel.ErrConflict
	svc, err = inventory.New(inventory.NewMemory(db), &inventory.Options{Sink: sinkIn{db, sink}, Location: "b", Now: func() time.Time { return now }})
	require.NoError(t, err)
	var refused *flywheel.TellError
	require.ErrorAs(t, svc.Receive(ctx, "d3", line("x", 5)), &refused)
	require.NotErrorIs(t, refused, flywheel.ErrConflict, "what the sink refuses is not what the stock refuses")
	l, err := svc.Level(ctx, "x")
	require.NoError(t, err)
	require.Zero(t, l.OnHand, "the change is undone with what tells of it")
}

// sinkIn is a sink in a database.
type sinkIn struct {
	flywheel.Transactor
	flywheel.Sink
}

func (s sinkIn) Handle() flywheel.Transactor { return s.Transactor }

// Laws of the rule itself, for any level and movement.
func TestApplyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64Range(-inventory.MaxQuantity, inventory.MaxQuantity), rapid.Int64())
		balance := rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, inventory.MaxQuantity))
		before := inventory.Level{
			OnHand: balance.Draw(t, "on hand"), Reserved: balance.Draw(t, "reserved"),
			Backorder: rapid.SampledFrom([]int64{0, 3, inventory.MaxQuantity, inventory.Unlimited}).Draw(t, "backorder"), Seq: 7,
		}
		if rapid.Bool().Draw(t, "backlog") {
			before.OnHand = -before.OnHand
		}
		m := inventory.Movement{
			Kind: rapid.SampledFrom([]inventory.Kind{"receive", "restock", "adjust", "reserve", "commit", "release", "expire", "other"}).Draw(t, "kind"),
			Ref:  "r", OnHand: q.Draw(t, "delta on hand"), Reserved: q.Draw(t, "delta reserved"),
		}
		if rapid.Bool().Draw(t, "plain") {
			if m.Kind == inventory.KindReserve {
				m.OnHand = 0
			} else {
				m.Reserved = 0
			}
		}
		after := before
		answer, posted, err := after.Apply(m, nil)
		if err != nil || !posted {
			if after != before || posted {
				t.Fatalf("refused with %v, and the level went from %+v to %+v", err, before, after)
			}
			return
		}
		if after.Seq != 8 || after.OnHand != before.OnHand+answer.OnHand || after.Reserved != before.Reserved+answer.Reserved {
			t.Fatalf("%+v made %+v of %+v", answer, after, before)
		}
		if answer.OnHandAfter != after.OnHand || answer.ReservedAfter != after.Reserved || answer.Seq != after.Seq {
			t.Fatalf("answer %+v, level %+v", answer, after)
		}
		takes := m.Kind == inventory.KindReserve || m.Kind == inventory.KindAdjust && m.OnHand < 0
		if takes && before.Backorder != inventory.Unlimited && after.Available() < -before.Backorder {
			t.Fatalf("%+v oversold %+v to %+v", answer, before, after)
		}
	})
}

// memory is a memory store with its transactions.
type memory struct {
	*inventory.MemoryStore
	*flywheel.Memory
}

func TestMemoryStore(t *testing.T) {
	inventorytest.Run(t, func(t *testing.T) inventory.Store {
		db := &flywheel.Memory{}
		return memory{inventory.NewMemory(db), db}
	}, inventorytest.Features{Transactions: true})
}
