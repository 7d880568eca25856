package checkout_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// trips records what a program sends to its database.
type trips struct {
	mu   sync.Mutex
	ops  []string
	pool *flywheel.SQL
}

func newTrips(t *testing.T) *trips {
	r := &trips{}
	r.pool = flywheel.OpenSQL(sqldbtest.OpenFaulty(t, flywheel.Postgres, func(op string, done bool) error {
		if r.mu.Lock(); !done {
			r.ops = append(r.ops, op)
		}
		r.mu.Unlock()
		return nil
	}), flywheel.Postgres)
	return r
}

var tables = regexp.MustCompile(`(INSERT INTO|UPDATE|DELETE FROM|FROM) flywheel_([a-z_]+)`)

// trip names a statement by what it does to which tables.
func trip(op string) string {
	op = strings.Join(strings.Fields(op), " ")
	verb, written, read := "read", []string{}, []string{}
	for _, m := range tables.FindAllStringSubmatch(op, -1) {
		list := &read
		if m[1] != "FROM" {
			verb, list = "write", &written
		}
		if !slices.Contains(*list, m[2]) {
			*list = append(*list, m[2])
		}
	}
	switch {
	case len(written)+len(read) == 0:
		return op
	case verb == "write":
		return "write " + strings.Join(written, ", ")
	case strings.Contains(op, "FOR UPDATE"):
		verb = "lock"
	}
	return verb + " " + strings.Join(read, ", ")
}

// place takes a session of a life, in a world of its own, to its order and returns what
// was sent from Place on.
func (r *trips) place(t *testing.T, w *lifeWorld, id string, lines int, everything bool) []string {
	l := &life{id: id, mode: order.OnPlace, gateway: new(payment.Memory), world: w}
	for i := range lines {
		l.lines = append(l.lines, cart.Line{SKU: l.sku(i), Quantity: 2, Agreed: placePrice, TaxIncluded: true})
	}
	l.tenders = []checkout.TenderChoice{{Type: order.Card, Token: "tok"}}
	var codes []string
	if everything {
		codes = []string{l.name("CODE")}
		l.tenders = append([]checkout.TenderChoice{{Type: order.Points}, {Type: order.GiftCard, ID: l.name("CARD")}, {Type: order.StoreCredit}}, l.tenders...)
	}
	p := w.open(t, noHook, l)
	l.prepare(t.Context(), t, p)
	ctx, session := t.Context(), checkout.SessionID(l.name("session"))
	_, err := p.carts.Create(ctx, cart.Cart{ID: "c" + cart.ID(l.id), Customer: l.customer(), Currency: placePrice.Currency(), Lines: l.lines})
	require.NoError(t, err)
	_, err = p.sessions.Open(ctx, "c"+cart.ID(l.id), session)
	require.NoError(t, err)
	_, err = p.sessions.SetBuyer(ctx, session, checkout.Buyer{Email: "x@example.com"})
	require.NoError(t, err)
	_, err = p.sessions.SetAddress(ctx, session, order.Address{Country: "DE"}, nil)
	require.NoError(t, err)
	_, err = p.sessions.Choose(ctx, session, "standard")
	require.NoError(t, err)
	_, err = p.sessions.SetCodes(ctx, session, codes...)
	require.NoError(t, err)
	_, err = p.sessions.SetTenders(ctx, session, l.tenders...)
	require.NoError(t, err)
	r.ops = nil
	v, err := p.sessions.Place(ctx, checkout.PlaceRequest{Session: session, Key: "k"})
	require.NoError(t, err)
	require.Equal(t, checkout.Completed, v.Status)
	sent := make([]string, len(r.ops))
	for i, op := range r.ops {
		sent[i] = trip(op)
	}
	return sent
}

// TestRoundTrips counts what Place sends to PostgreSQL until the order is captured: the
// same for any number of lines, and what the package page lists.
func TestRoundTrips(t *testing.T) {
	if suite.Twofold() {
		t.Skip("it counts statements")
	}
	r := newTrips(t)
	w := newLifeWorldOn(t, r.pool)
	r.place(t, w, "first", 1, true) // reads what is read once per process
	first := r.place(t, w, "l1", 1, false)
	for _, lines := range []int{2, 10, 40} {
		require.Equal(t, first, r.place(t, w, fmt.Sprint("l", lines), lines, false), "%d lines", lines)
	}
	all := r.place(t, w, "a1", 1, true)
	for _, lines := range []int{10, 40} {
		require.Equal(t, all, r.place(t, w, fmt.Sprint("a", lines), lines, true), "%d lines", lines)
	}
	page, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	listed := fmt.Sprintf("//	%s\n", strings.Join(first, "\n//	"))
	require.True(t, strings.Contains(string(page), listed), "the page does not list these %d:\n%s", len(first), listed)
	t.Logf("with a code, points, a gift card and store credit %d:\n%s", len(all), strings.Join(all, "\n"))
}
