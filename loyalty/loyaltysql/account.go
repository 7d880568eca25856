package loyaltysql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/loyalty"
)

const lotColumns = `id, sequence, earned, available, expires, points, remaining, expired, origin, of_order`

// reader loads the rows of one account.
type reader struct {
	ctx context.Context
	q   sqldb.Queryer
	a   *loyalty.Account
	n   *loyalty.Need
	// lots are those that were loaded, for some are asked for twice.
	lots map[string]bool
	// nothingDue spares the search for what is due.
	nothingDue bool
}

// Account implements loyalty.Store.
func (s *Store) Account(ctx context.Context, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
	a := loyalty.Account{Member: member}
	query := `SELECT version, settled, sequence, spendable, pending, held, debt, redeemed, expired, written_off, tier, fall, due
		FROM flywheel_loyalty_accounts WHERE member = ?`
	if n.Change && s.db.Dialect() == flywheel.Postgres {
		query += ` FOR UPDATE`
	}
	q := s.db.Read(ctx)
	var settled int64
	var fall, due sql.NullInt64
	err := q.QueryRowContext(ctx, query, string(member)).Scan(&a.Version, &settled, &a.Sequence,
		&a.Spendable, &a.Pending, &a.Held, &a.Debt, &a.Redeemed, &a.Expired, &a.WrittenOff, &a.Tier, &fall, &due)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	a.Settled, a.Fall = sqldb.Time(settled), timeOf(fall)
	r := &reader{ctx: ctx, q: q, a: &a, n: &n, lots: map[string]bool{}}
	r.nothingDue = !due.Valid || due.Int64 > sqldb.Micros(n.Until)
	for _, load := range []func() error{r.byKeys, r.byOrders, r.due, r.points, r.activity} {
		if err := load(); err != nil {
			return loyalty.Account{}, err
		}
	}
	slices.SortFunc(a.Lots, func(x, y loyalty.Lot) int { return cmp.Compare(x.Sequence, y.Sequence) })
	return a, nil
}

// named runs a query that ends in a list of placeholders for names.
func (r *reader) named(query string, names []string, fn func(row sqldb.Row) error) error {
	args := []any{string(r.a.Member)}
	for _, name := range names {
		args = append(args, name)
	}
	return sqldb.Each(r.ctx, r.q, query+` (`+strings.TrimSuffix(strings.Repeat("?,", len(names)), ",")+`)`, args, fn)
}

// inOrder sorts what was loaded by names as the names are.
func inOrder[T any](list []T, names []string, name func(v T) string) {
	slices.SortFunc(list, func(x, y T) int {
		return cmp.Compare(slices.Index(names, name(x)), slices.Index(names, name(y)))
	})
}

func (r *reader) byKeys() error {
	keys := r.n.Keys
	if len(keys) == 0 {
		return nil
	}
	err := r.named(`SELECT body FROM flywheel_loyalty_receipts WHERE member = ? AND key IN`, keys, func(row sqldb.Row) error {
		var receipt loyalty.Receipt
		err := row.Scan(jsonText{&receipt})
		r.a.Receipts = append(r.a.Receipts, receipt)
		return err
	})
	if err == nil {
		err = r.named(`SELECT body FROM flywheel_loyalty_holds WHERE member = ? AND key IN`, keys, r.hold)
	}
	if err == nil {
		err = r.lotsOf(keys)
	}
	inOrder(r.a.Receipts, keys, func(v loyalty.Receipt) string { return v.Key })
	inOrder(r.a.Holds, keys, func(v loyalty.Hold) string { return v.Key })
	return err
}

// lotsOf loads lots by ID and by origin.
func (r *reader) lotsOf(ids []string) error {
	err := r.named(`SELECT `+lotColumns+` FROM flywheel_loyalty_lots WHERE member = ? AND id IN`, ids, r.lot)
	if err == nil {
		err = r.named(`SELECT `+lotColumns+` FROM flywheel_loyalty_lots WHERE member = ? AND origin <> '' AND origin IN`, ids, r.lot)
	}
	return err
}

func (r *reader) byOrders() error {
	refs := r.n.Orders
	if len(refs) == 0 {
		return nil
	}
	err := r.named(`SELECT body FROM flywheel_loyalty_orders WHERE member = ? AND ref IN`, refs, func(row sqldb.Row) error {
		var o loyalty.Order
		err := row.Scan(jsonText{&o})
		r.a.Orders = append(r.a.Orders, o)
		return err
	})
	inOrder(r.a.Orders, refs, func(v loyalty.Order) string { return v.Ref })
	if err != nil || !r.n.OwnLots {
		return err
	}
	return r.named(`SELECT `+lotColumns+` FROM flywheel_loyalty_lots
		WHERE member = ? AND of_order <> '' AND (remaining > 0 OR expired > 0) AND of_order IN`, refs, r.lot)
}

// due loads what is due, and all that is open where that is wanted.
func (r *reader) due() error {
	member, until := string(r.a.Member), sqldb.Micros(r.n.Until)
	holds, lots := `due <= ?`, `due <= ?`
	args := []any{member, until}
	switch {
	case r.n.All:
		holds, lots, args = `due IS NOT NULL`, `remaining > 0`, args[:1]
	case r.n.Until.IsZero() || r.nothingDue:
		return nil
	}
	err := sqldb.Each(r.ctx, r.q, `SELECT body FROM flywheel_loyalty_holds WHERE member = ? AND `+holds+` ORDER BY key`, args, r.hold)
	if err == nil {
		err = sqldb.Each(r.ctx, r.q, `SELECT `+lotColumns+` FROM flywheel_loyalty_lots WHERE member = ? AND `+lots, args, r.lot)
	}
	if err != nil || r.n.Until.IsZero() {
		return err
	}
	var took []string
	for _, h := range r.a.Holds {
		if h.State == loyalty.HoldOpen && !h.Expires.After(r.n.Until) {
			for _, part := range h.From {
				took = append(took, part.Lot)
			}
		}
	}
	if took == nil {
		return nil
	}
	return r.lotsOf(took)
}

// page is how many lots are read at a time in burn order.
const page = 64

// points loads lots in burn order until they suffice.
func (r *reader) points() error {
	if r.n.All || r.n.Points <= 0 {
		return nil
	}
	now := sqldb.Micros(r.n.Until)
	now = max(now, sqldb.Micros(r.a.Settled))
	order := `earned, sequence`
	if r.n.Order == loyalty.ExpiringFirst {
		order = `expires, earned, sequence`
	}
	columns := 1 + strings.Count(order, ",")
	query := `SELECT ` + lotColumns + ` FROM flywheel_loyalty_lots WHERE member = ? AND remaining > 0 AND available <= ? AND expires > ?`
	after := ` AND (` + order + `) > (` + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + `)`
	last := []any(nil)
	for left := r.n.Points + r.a.Debt; left > 0; {
		args := append([]any{string(r.a.Member), now, now}, last...)
		read, where := 0, query
		if last != nil {
			where += after
		}
		err := sqldb.Each(r.ctx, r.q, where+` ORDER BY `+order+` LIMIT ?`, append(args, page), func(row sqldb.Row) error {
			l, err := scanLot(row)
			read++
			if left > 0 && err == nil {
				r.add(l)
			}
			left -= l.Left
			last = []any{sqldb.Micros(l.Earned), l.Sequence}
			if columns == 3 {
				last = append([]any{expiry(l.Expires)}, last...)
			}
			return err
		})
		if err != nil || read < page {
			return err
		}
	}
	return nil
}

func (r *reader) activity() error {
	if !r.n.Activity {
		return nil
	}
	query, args := `SELECT n, at, amount, reverses FROM flywheel_loyalty_activity WHERE member = ?`, []any{string(r.a.Member)}
	if !r.n.Since.IsZero() { // what is reversed was before, so at alone decides
		query, args = query+` AND at > ?`, append(args, sqldb.Micros(r.n.Since))
	}
	return sqldb.Each(r.ctx, r.q, query+` ORDER BY n`, args, func(row sqldb.Row) error {
		var x loyalty.Activity
		var at int64
		var reverses sql.NullInt64
		err := row.Scan(&x.N, &at, &x.Amount, &reverses)
		x.At, x.Reverses = sqldb.Time(at), timeOf(reverses)
		r.a.Activity = append(r.a.Activity, x)
		return err
	})
}

func (r *reader) hold(row sqldb.Row) error {
	var h loyalty.Hold
	err := row.Scan(jsonText{&h})
	if !slices.ContainsFunc(r.a.Holds, func(other loyalty.Hold) bool { return other.Key == h.Key }) {
		r.a.Holds = append(r.a.Holds, h)
	}
	return err
}

func (r *reader) lot(row sqldb.Row) error {
	l, err := scanLot(row)
	if err == nil {
		r.add(l)
	}
	return err
}

func (r *reader) add(l loyalty.Lot) {
	if !r.lots[l.ID] {
		r.lots[l.ID] = true
		r.a.Lots = append(r.a.Lots, l)
	}
}

func scanLot(row sqldb.Row) (l loyalty.Lot, err error) {
	var earned, available, expires int64
	err = row.Scan(&l.ID, &l.Sequence, &earned, &available, &expires, &l.Points, &l.Left, &l.Expired, &l.Origin, &l.Order)
	l.Earned, l.Available = sqldb.Time(earned), sqldb.Time(available)
	if expires != never {
		l.Expires = sqldb.Time(expires)
	}
	return l, err
}
