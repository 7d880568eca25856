package place

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/cartsql"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkoutsql"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// plenty is the stock of each item.
const plenty = 1_000_000_000

// shop is a shop on PostgreSQL.
type shop struct {
	carts    *cart.Service
	sessions *checkout.Sessions
	orders   *order.Service
	lines    []cart.Line
}

func newShop(t testing.TB, lines int) *shop {
	ctx, s := t.Context(), &shop{}
	db := flywheel.OpenSQL(sqldbtest.OpenPostgres(t), flywheel.Postgres)
	carts, sessions, orders, stocks, events := cartsql.New(db), checkoutsql.New(db), ordersql.New(db), inventorysql.New(db), segmentsql.New(db)
	require.NoError(t, flywheel.Migrate(ctx, db, carts, sessions, orders, stocks, events))
	engine, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(19)}}})
	require.NoError(t, err)
	network, err := fulfillment.New(fulfillment.Config{
		Calendar: fulfillment.Calendar{Zone: "Europe/Berlin", Handling: 1},
		Places:   []fulfillment.Place{{ID: "east", Priority: 1, Country: "DE"}},
		Options: []fulfillment.Option{{
			ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Days: [2]int{1, 2}, Tax: "like_goods",
			Rates: []fulfillment.Rate{{Price: money.New(490, money.EUR)}},
		}},
	})
	require.NoError(t, err)
	catalog := flywheel.CatalogFunc(func(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
		items := make(map[flywheel.SKU]flywheel.Item, len(skus))
		for _, sku := range skus {
			items[sku] = flywheel.Item{SKU: sku, Title: string(sku), TaxClass: "standard", Weight: 100}
		}
		return items, nil
	})
	stock, err := inventory.New(stocks, nil)
	require.NoError(t, err)
	log, err := segment.NewLog(events, nil)
	require.NoError(t, err)
	s.carts, err = cart.New(carts, &cart.Options{Engine: engine, Catalog: catalog})
	require.NoError(t, err)
	s.orders, err = order.New(orders, &order.Options{Gateway: new(payment.Memory), Warehouse: stock, Sink: log, Tx: db})
	require.NoError(t, err)
	s.sessions, err = checkout.NewSessions(sessions, &checkout.SessionOptions{
		Carts: s.carts, Orders: s.orders, Catalog: catalog, Network: network, Stock: stock,
		DeliveryIncludesTax: true, Mode: order.OnPlace, Sink: log, Tx: db,
	})
	require.NoError(t, err)
	for i := range lines {
		sku := flywheel.SKU("sku-" + strconv.Itoa(i))
		s.lines = append(s.lines, cart.Line{SKU: sku, Quantity: 2, Agreed: money.MustPrice("11.90", money.EUR), TaxIncluded: true})
		require.NoError(t, stock.At("east").Receive(ctx, "delivery", []flywheel.Line{{SKU: sku, Quantity: plenty}}))
	}
	return s
}

// ready takes a buyer to the button.
func (s *shop) ready(t testing.TB, id string) checkout.SessionID {
	ctx, session := t.Context(), checkout.SessionID(id)
	_, err := s.carts.Create(ctx, cart.Cart{ID: cart.ID(id), Customer: flywheel.CustomerID(id), Currency: money.EUR, Lines: s.lines})
	require.NoError(t, err)
	_, err = s.sessions.Open(ctx, cart.ID(id), session)
	require.NoError(t, err)
	_, err = s.sessions.SetBuyer(ctx, session, checkout.Buyer{Email: "anna@example.com"})
	require.NoError(t, err)
	_, err = s.sessions.SetAddress(ctx, session, order.Address{Country: "DE", Postcode: "10115"}, nil)
	require.NoError(t, err)
	_, err = s.sessions.Choose(ctx, session, "standard")
	require.NoError(t, err)
	_, err = s.sessions.SetTenders(ctx, session, checkout.TenderChoice{Type: order.Card, Token: "tok"})
	require.NoError(t, err)
	return session
}

func (s *shop) place(t testing.TB, session checkout.SessionID) order.Order {
	v, err := s.sessions.Place(t.Context(), checkout.PlaceRequest{Session: session, Key: "k"})
	require.NoError(t, err)
	require.Equal(t, checkout.Completed, v.Status)
	o, err := s.orders.Get(t.Context(), v.Order)
	require.NoError(t, err)
	return o
}

// byHand is the sequence written by hand.
type byHand struct {
	conn    *pgx.Conn
	gateway payment.Memory
	batched bool
	order   order.Order // what an order looks like
	skus    []string
	many    []int64
	terms   []string
}

func newByHand(t testing.TB, like order.Order, batched bool) *byHand {
	conn, err := pgx.Connect(t.Context(), pgtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	_, err = conn.Exec(t.Context(), tables)
	require.NoError(t, err)
	h := &byHand{conn: conn, batched: batched, order: like, terms: like.Terms()}
	for i := range like.Lines {
		l := &like.Lines[i]
		h.skus, h.many = append(h.skus, string(l.SKU)), append(h.many, l.Quantity)
		_, err := conn.Exec(t.Context(), `INSERT INTO hand_levels VALUES ($1, $2, 0, 0, 1)`, string(l.SKU), int64(plenty))
		require.NoError(t, err)
	}
	return h
}

// ready leaves a cart and a session, as they are before the button.
func (h *byHand) ready(t testing.TB, id string) {
	body, err := json.Marshal(&h.order)
	require.NoError(t, err)
	_, err = h.conn.Exec(t.Context(), `INSERT INTO hand_carts VALUES ($1, 1, 'open', '', $2)`, id, body)
	require.NoError(t, err)
	_, err = h.conn.Exec(t.Context(), `INSERT INTO hand_sessions VALUES ($1, 1, 'open', NULL, NULL, $2)`, id, body)
	require.NoError(t, err)
}

// step is a statement and how many rows it must touch, -1 for any number.
type step struct {
	rows int64
	sql  string
	args []any
}

// tx runs statements in one transaction.
func (h *byHand) tx(ctx context.Context, steps ...step) error {
	check := func(i int, rows int64) error {
		if steps[i].rows >= 0 && rows != steps[i].rows {
			return fmt.Errorf("%d rows, not %d: %s", rows, steps[i].rows, steps[i].sql)
		}
		return nil
	}
	if !h.batched {
		return pgx.BeginFunc(ctx, h.conn, func(tx pgx.Tx) error {
			for i, s := range steps {
				tag, err := tx.Exec(ctx, s.sql, s.args...)
				if err == nil {
					err = check(i, tag.RowsAffected())
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	// BEGIN travels with the statements, and the decision after their answers.
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	for _, s := range steps {
		b.Queue(s.sql, s.args...)
	}
	results := h.conn.SendBatch(ctx, b)
	_, err := results.Exec()
	for i := range steps {
		tag, failed := results.Exec()
		if failed == nil {
			failed = check(i, tag.RowsAffected())
		}
		if err == nil {
			err = failed
		}
	}
	if failed := results.Close(); err == nil {
		err = failed
	}
	if err != nil {
		_, _ = h.conn.Exec(ctx, "ROLLBACK")
		return err
	}
	_, err = h.conn.Exec(ctx, "COMMIT")
	return err
}

func (h *byHand) place(t testing.TB, id string) error {
	ctx, now, ref, key := t.Context(), time.Now().UTC(), "try-"+id, "k"
	var session, basket []byte
	var version int64
	err := h.conn.QueryRow(ctx, `SELECT s.version, s.body, c.body FROM hand_sessions s JOIN hand_carts c ON c.id = s.id
		WHERE s.id = $1 AND s.status = 'open' AND c.status = 'open' AND c.frozen = ''`, id).Scan(&version, &session, &basket)
	if err != nil {
		return err
	}
	var short int
	err = h.conn.QueryRow(ctx, `SELECT count(*) FROM hand_levels l JOIN unnest($1::text[], $2::bigint[]) w(sku, n) USING (sku)
		WHERE l.on_hand - l.reserved - l.allocated < w.n`, h.skus, h.many).Scan(&short)
	if err != nil || short > 0 {
		return fmt.Errorf("%d short: %w", short, err)
	}
	o := h.order
	o.ID, o.Key, o.Number, o.Cart, o.PlacedAt = order.ID(id), key, "N"+id, id, now
	body, err := json.Marshal(&o)
	if err != nil {
		return err
	}
	err = h.tx(ctx,
		step{1, `UPDATE hand_carts SET version = version + 1, frozen = $1 WHERE id = $1 AND status = 'open' AND frozen = ''`, []any{id}},
		step{1, `UPDATE hand_sessions SET version = version + 1, status = 'completing', buyer = $1, key = $3, body = $4 WHERE id = $1 AND version = $2`, []any{id, version, key, body}})
	if err != nil {
		return err
	}
	err = h.tx(ctx,
		step{int64(len(h.skus)), `SELECT sku FROM hand_levels WHERE sku = ANY($1) ORDER BY sku FOR UPDATE`, []any{h.skus}},
		step{int64(len(h.skus)), `UPDATE hand_levels l SET reserved = reserved + w.n, version = version + 1 FROM unnest($1::text[], $2::bigint[]) w(sku, n)
			WHERE l.sku = w.sku AND l.on_hand - l.reserved - l.allocated >= w.n`, []any{h.skus, h.many}},
		step{1, `INSERT INTO hand_reservations SELECT $1, 1, 'reserved', $2, jsonb_object_agg(sku, n) FROM unnest($3::text[], $4::bigint[]) w(sku, n)`, []any{ref, now.Add(time.Hour), h.skus, h.many}},
		step{int64(len(h.skus)), `INSERT INTO hand_movements SELECT sku, $1, 'reserve', n, $2 FROM unnest($3::text[], $4::bigint[]) w(sku, n)`, []any{ref, now, h.skus, h.many}})
	if err != nil {
		return err
	}
	auth, err := h.gateway.Authorize(ctx, payment.Charge{Key: ref, Amount: o.Total, Method: "tok", Ref: id})
	if err != nil {
		return err
	}
	event, err := json.Marshal(o.Items())
	if err != nil {
		return err
	}
	err = h.tx(ctx,
		step{1, `UPDATE hand_sessions SET version = version + 1, status = 'completed' WHERE id = $1 AND version = $2`, []any{id, version + 1}},
		step{1, `INSERT INTO hand_orders VALUES ($1, $2, $3, $4, $5, 1, 'placed', $6, $7)`, []any{id, id, key, id, o.Number, now, body}},
		step{int64(len(h.terms)), `INSERT INTO hand_terms SELECT $1, unnest($2::text[])`, []any{id, h.terms}},
		step{int64(len(h.skus)), `SELECT sku FROM hand_levels WHERE sku = ANY($1) ORDER BY sku FOR UPDATE`, []any{h.skus}},
		step{1, `UPDATE hand_reservations SET version = version + 1, state = 'allocated' WHERE ref = $1 AND state = 'reserved' AND until > $2`, []any{ref, now}},
		step{int64(len(h.skus)), `UPDATE hand_levels l SET reserved = reserved - w.n, allocated = allocated + w.n, version = version + 1
			FROM unnest($1::text[], $2::bigint[]) w(sku, n) WHERE l.sku = w.sku`, []any{h.skus, h.many}},
		step{int64(len(h.skus)), `INSERT INTO hand_movements SELECT sku, $1, 'allocate', n, $2 FROM unnest($3::text[], $4::bigint[]) w(sku, n)`, []any{ref, now, h.skus, h.many}},
		step{1, `UPDATE hand_carts SET version = version + 1, status = 'ordered' WHERE id = $1 AND frozen = $1`, []any{id}},
		step{1, `INSERT INTO hand_events VALUES ($1, 'purchase', $2, $3, $4)`, []any{"purchase-" + id, now, id, event}})
	if err != nil {
		return err
	}
	if err := h.gateway.Capture(ctx, "capture-"+id, auth.ID, o.Total); err != nil {
		return err
	}
	if body, err = json.Marshal(&o); err != nil {
		return err
	}
	return h.tx(ctx,
		step{1, `UPDATE hand_orders SET version = version + 1, status = 'paid', body = $2 WHERE id = $1 AND version = 1`, []any{id, body}},
		step{1, `WITH n AS (INSERT INTO hand_series VALUES ('invoice', 1) ON CONFLICT (name) DO UPDATE SET last = hand_series.last + 1 RETURNING last)
			INSERT INTO hand_documents SELECT 'invoice', last, $1 FROM n`, []any{id}})
}

const tables = `
CREATE TABLE hand_carts (id text PRIMARY KEY, version bigint NOT NULL, status text NOT NULL, frozen text NOT NULL, body jsonb NOT NULL);
CREATE TABLE hand_sessions (id text PRIMARY KEY, version bigint NOT NULL, status text NOT NULL, buyer text, key text, body jsonb NOT NULL, UNIQUE (buyer, key));
CREATE TABLE hand_levels (sku text PRIMARY KEY, on_hand bigint NOT NULL, reserved bigint NOT NULL, allocated bigint NOT NULL, version bigint NOT NULL);
CREATE TABLE hand_reservations (ref text PRIMARY KEY, version bigint NOT NULL, state text NOT NULL, until timestamptz NOT NULL, units jsonb NOT NULL);
CREATE INDEX ON hand_reservations (until) WHERE state = 'reserved';
CREATE TABLE hand_movements (sku text, ref text, kind text, n bigint NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (sku, ref, kind));
CREATE TABLE hand_orders (id text PRIMARY KEY, buyer text NOT NULL, key text NOT NULL, cart text UNIQUE, number text UNIQUE, version bigint NOT NULL,
	status text NOT NULL, placed_at timestamptz NOT NULL, body jsonb NOT NULL, UNIQUE (buyer, key));
CREATE INDEX ON hand_orders (placed_at, id);
CREATE TABLE hand_terms (id text, term text, PRIMARY KEY (term, id));
CREATE TABLE hand_events (id text PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL, customer text NOT NULL, body jsonb NOT NULL);
CREATE INDEX ON hand_events (customer, at);
CREATE TABLE hand_series (name text PRIMARY KEY, last bigint NOT NULL);
CREATE TABLE hand_documents (series text, number bigint, id text NOT NULL, PRIMARY KEY (series, number));
`

// Both ways leave the same: one paid order, its units taken, one invoice; and the sequence
// refuses a second press.
func TestSameRows(t *testing.T) {
	s := newShop(t, 3)
	o := s.place(t, s.ready(t, "a"))
	require.Equal(t, order.Paid, o.Status)
	require.Len(t, o.Documents, 1)
	for i, batched := range []bool{false, true} {
		h := newByHand(t, o, batched)
		h.ready(t, "a")
		require.NoError(t, h.place(t, "a"))
		require.Error(t, h.place(t, "a"))
		var status string
		var taken, movements, invoices int64
		err := h.conn.QueryRow(t.Context(), `SELECT (SELECT status FROM hand_orders), (SELECT sum(allocated) FROM hand_levels),
			(SELECT count(*) FROM hand_movements), (SELECT count(*) FROM hand_documents)`).Scan(&status, &taken, &movements, &invoices)
		require.NoError(t, err, i)
		require.Equal(t, []any{"paid", int64(6), int64(6), int64(1)}, []any{status, taken, movements, invoices})
	}
}

// BenchmarkPlace measures Place to the captured order, of ten lines, beside the sequence.
func BenchmarkPlace(b *testing.B) {
	const lines = 10
	s := newShop(b, lines)
	like := s.place(b, s.ready(b, "like"))
	run := func(name string, ready func(id string), place func(id string)) {
		b.Run(name, func(b *testing.B) {
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				n++
				id := fmt.Sprintf("%s-%d-%d", name, b.N, n)
				ready(id)
				b.StartTimer()
				place(id)
			}
		})
	}
	for _, batched := range []bool{false, true} {
		h := newByHand(b, like, batched)
		run(fmt.Sprintf("hand/batched=%v", batched), func(id string) { h.ready(b, id) }, func(id string) { require.NoError(b, h.place(b, id)) })
	}
	run("flywheel", func(id string) { s.ready(b, id) }, func(id string) {
		v, err := s.sessions.Place(b.Context(), checkout.PlaceRequest{Session: checkout.SessionID(id), Key: "k"})
		require.NoError(b, err)
		require.Equal(b, checkout.Completed, v.Status)
	})
}
