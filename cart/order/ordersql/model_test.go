package ordersql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// TestModel makes random calls of both stores: each answers like the store in memory,
// and lists the same orders by whatever they are found by.
func TestModel(t *testing.T) {
	testkit.Checks(t, 20, 4)
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		rapid.Check(t, func(rt *rapid.T) {
			m := &model{memory: order.NewMemory(nil), sql: migrated(t, open(t), d)}
			rt.Repeat(map[string]func(*rapid.T){
				"insert": m.insert, "save": m.save, "papers": m.papers, "rollback": m.rollback, "list": m.list,
				"": func(*rapid.T) {},
			})
			m.list(rt)
		})
	})
}

type model struct {
	memory, sql order.Store
	n           int
}

var (
	ids    = rapid.SampledFrom([]order.ID{"a", "b", "c", "d", "e", "f"})
	words  = rapid.SampledFrom([]string{"", "lamp", "Lampe", "lämp", "mug mug", "big lamp", "LA", "x"})
	emails = rapid.SampledFrom([]string{"", "a@example.com", "A@Example.com", "b@example.com"})
	states = rapid.SampledFrom([]order.State{"", order.Processing, order.Partial, order.Fulfilled, order.CalledOff, order.CameBack})
)

// same compares what both stores answered.
func same[T any](rt *rapid.T, what string, memory, sql T, memoryErr, sqlErr error) {
	for _, kind := range []error{order.ErrStale, order.ErrKeyReused, order.ErrDuplicate, flywheel.ErrNotFound} {
		require.Equal(rt, errors.Is(memoryErr, kind), errors.Is(sqlErr, kind), "%s: %v, %v", what, memoryErr, sqlErr)
	}
	require.Equal(rt, memoryErr == nil, sqlErr == nil, "%s: %v, %v", what, memoryErr, sqlErr)
	if memoryErr == nil {
		require.NoError(rt, suite.Same(what, sql, memory))
	}
}

func (m *model) insert(rt *rapid.T) {
	o := sample(string(ids.Draw(rt, "id")))
	o.Key = rapid.SampledFrom([]string{"k1", "k2", "k3", "k4"}).Draw(rt, "key")
	o.Fingerprint = rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "body")
	o.PlacedAt = o.PlacedAt.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "at")) * time.Second)
	o.Cart = rapid.SampledFrom([]string{"", "c1", "c2"}).Draw(rt, "cart")
	if rapid.Bool().Draw(rt, "mode") {
		o.Mode, o.Number = order.OnPlace, rapid.SampledFrom([]string{"", "n1", "n2", "n3"}).Draw(rt, "number")
		o.Contact = order.Contact{Email: emails.Draw(rt, "email"), Name: words.Draw(rt, "name")}
		o.Lines[0].Title, o.Lines[0].Categories = words.Draw(rt, "title"), []string{"home"}
		o.Parcels = []order.Parcel{{Status: order.ParcelOpen, Parcel: fulfillment.Parcel{ID: "p1", Location: "east", Pieces: []fulfillment.Piece{{Line: "1", SKU: "a", Quantity: 3}}}}}
	}
	a, errA := m.memory.Insert(rt.Context(), o)
	b, errB := m.sql.Insert(rt.Context(), o)
	same(rt, "Insert", a, b, errA, errB)
}

// change saves a changed order, perhaps of a version that is not the stored one.
func (m *model) change(rt *rapid.T, edit func(o *order.Order)) {
	id := ids.Draw(rt, "id")
	a, errA := m.memory.Get(rt.Context(), id)
	b, errB := m.sql.Get(rt.Context(), id)
	same(rt, "Get", a, b, errA, errB)
	if errA != nil {
		a = sample(string(id))
	}
	edit(&a)
	if rapid.IntRange(0, 4).Draw(rt, "stale") == 0 {
		a.Version--
	}
	x, errX := m.memory.Save(rt.Context(), a.Clone())
	y, errY := m.sql.Save(rt.Context(), a.Clone())
	same(rt, "Save", x, y, errX, errY)
}

func (m *model) save(rt *rapid.T) {
	m.change(rt, func(o *order.Order) {
		l := &o.Lines[0]
		l.Returned = rapid.Int64Range(0, 1).Draw(rt, "returned")
		o.Status = rapid.SampledFrom([]order.Status{order.Placed, order.Paid, order.Returned}).Draw(rt, "status")
		if o.Mode == "" {
			return
		}
		l.Shipped, l.Canceled = rapid.Int64Range(1, 2).Draw(rt, "shipped"), rapid.Int64Range(0, 1).Draw(rt, "canceled")
		o.PaidAt = time.Time{}
		if rapid.Bool().Draw(rt, "paid") {
			o.PaidAt = o.PlacedAt
		}
		o.Parcels[0].Status = rapid.SampledFrom([]order.ParcelStatus{order.ParcelOpen, order.ParcelShipped}).Draw(rt, "parcel")
		m.n++
		o.Operations = append(o.Operations, order.Operation{Sequence: int64(m.n), Kind: order.KindShip, Command: []byte(`{}`), At: o.PlacedAt, Done: rapid.Bool().Draw(rt, "done")})
		if rapid.Bool().Draw(rt, "add") {
			added := o.Lines[0]
			added.ID, added.SKU, added.Title, added.Added = fmt.Sprint(len(o.Lines)+1), "b", words.Draw(rt, "title"), "1"
			o.Lines = append(o.Lines, added)
		}
	})
}

func (m *model) papers(rt *rapid.T) {
	m.change(rt, func(o *order.Order) {
		for range rapid.IntRange(0, 3).Draw(rt, "papers") {
			kind := rapid.SampledFrom([]order.DocumentKind{order.Invoice, order.CreditNote}).Draw(rt, "kind")
			zero := money.New(0, money.EUR)
			o.Documents = append(o.Documents, order.Document{Kind: kind, Series: string(kind), First: rapid.Int64Range(1, 99).Draw(rt, "first"), At: o.PlacedAt, Net: zero, Tax: zero, Total: zero})
		}
	})
}

// rollback numbers a paper in a transaction that comes to nothing.
func (m *model) rollback(rt *rapid.T) {
	undone := errors.New("undone")
	for _, s := range []order.Store{m.memory, m.sql} {
		id := ids.Draw(rt, "id")
		err := s.(flywheel.Transactor).InTx(rt.Context(), func(ctx context.Context) error {
			o, err := s.Get(ctx, id)
			if err != nil {
				return undone
			}
			zero := money.New(0, money.EUR)
			o.Documents = append(o.Documents, order.Document{Kind: order.Invoice, Series: "invoice", First: 1, At: o.PlacedAt, Net: zero, Tax: zero, Total: zero})
			if _, err := s.Save(ctx, o); err != nil {
				return err
			}
			return undone
		})
		require.ErrorIs(rt, err, undone)
	}
}

func (m *model) list(rt *rapid.T) {
	f := order.Filter{
		Pending: rapid.IntRange(0, 3).Draw(rt, "pending") == 0, ToShip: rapid.IntRange(0, 3).Draw(rt, "to ship") == 0,
		State: states.Draw(rt, "state"), Text: words.Draw(rt, "text"), Email: emails.Draw(rt, "email"), Limit: rapid.IntRange(0, 3).Draw(rt, "limit"),
		SKU:    flywheel.SKU(rapid.SampledFrom([]string{"", "", "a", "b", "A"}).Draw(rt, "sku")),
		Number: rapid.SampledFrom([]string{"", "", "n1", "n2"}).Draw(rt, "number"),
	}
	if rapid.IntRange(0, 2).Draw(rt, "all") == 0 {
		f = order.Filter{}
	}
	a, errA := suite.Collect(m.memory.List(rt.Context(), f))
	b, errB := suite.Collect(m.sql.List(rt.Context(), f))
	same(rt, fmt.Sprintf("List(%+v)", f), a, b, errA, errB)
}
