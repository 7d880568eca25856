package effect

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var files embed.FS

// Migrations are the tables of effects, for the stores of the packages that have
// some.
var Migrations = flywheel.Migrations{Package: "effect", Files: files}

const columns = `id, kind, contact, topic, provider, purpose, ref, seq, position, plan, due, not_after, attempts, failures, state, reason, settled, body`

// inSQL is the [Store] of a SQL database.
type inSQL struct {
	db *flywheel.SQL
	*statements
}

// statements are those for many effects; the rows are one JSON argument.
type statements struct{ add, save, get, of, open, count, drop, remove, forget string }

var byDialect sync.Map // flywheel.Dialect → *statements

func newSQL(db *flywheel.SQL) *inSQL {
	d := db.Dialect()
	if s, ok := byDialect.Load(d); ok {
		return &inSQL{db, s.(*statements)}
	}
	rows := sqldb.Recordset(d, "id text", "kind text", "contact text", "topic text", "provider text", "purpose text", "ref text",
		"seq bigint", "position bigint", "plan bigint", "due bigint", "not_after bigint", "attempts bigint", "failures bigint",
		"state smallint", "reason text", "settled bigint", "body text", "fence bigint", "was smallint")
	x := "x." + strings.ReplaceAll(columns, ", ", ", x.")
	lock, saved := "", "id"
	if d == flywheel.Postgres {
		lock, saved = " FOR UPDATE SKIP LOCKED", "e.id"
	}
	open := ` FROM flywheel_effects WHERE due IS NOT NULL AND kind = ? AND ` + sqldb.In(d, "contact")
	s := &statements{
		add: `INSERT INTO flywheel_effects (` + columns + `) SELECT ` + x + ` FROM ` + rows + ` WHERE true ON CONFLICT (id) DO NOTHING RETURNING id`,
		save: `UPDATE flywheel_effects AS e SET plan = x.plan, due = x.due, attempts = x.attempts, failures = x.failures,
			state = x.state, reason = x.reason, settled = x.settled, body = x.body
			FROM ` + rows + ` WHERE e.id = x.id AND e.attempts = x.fence AND e.state IN (x.was, 5) RETURNING ` + saved,
		get:   `SELECT ` + columns + ` FROM flywheel_effects WHERE ` + sqldb.In(d, "id") + ` ORDER BY id`,
		of:    `SELECT ` + columns + ` FROM flywheel_effects WHERE kind = ? AND ` + sqldb.In(d, "contact") + ` ORDER BY contact, position, seq, id`,
		open:  `SELECT ` + columns + open + lock,
		count: `SELECT contact, COUNT(*)` + open + ` GROUP BY contact`,
		drop: `UPDATE flywheel_effects SET due = NULL, state = ?, settled = ?
			WHERE due IS NOT NULL AND ` + sqldb.In(d, "ref"),
		remove: `DELETE FROM flywheel_effects WHERE ` + sqldb.In(d, "id"),
		forget: `DELETE FROM flywheel_effects WHERE ` + sqldb.In(d, "contact"),
	}
	byDialect.Store(d, s)
	return &inSQL{db, s}
}

// row is an effect as the statements take it.
type row struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Contact  string `json:"contact"`
	Topic    string `json:"topic"`
	Provider string `json:"provider"`
	Purpose  string `json:"purpose"`
	Ref      string `json:"ref"`
	Seq      int64  `json:"seq"`
	Position int64  `json:"position"`
	Plan     int64  `json:"plan"`
	Due      *int64 `json:"due"`
	NotAfter *int64 `json:"not_after"`
	Attempts int    `json:"attempts"`
	Failures int    `json:"failures"`
	State    State  `json:"state"`
	Reason   string `json:"reason"`
	Settled  *int64 `json:"settled"`
	Body     string `json:"body"`
	Fence    int    `json:"fence"`
	Was      State  `json:"was"`
}

// there asks whether the effect exists, which only one transaction adds.
func (r *row) there(ctx context.Context, q sqldb.Queryer) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_effects WHERE id = ?`, r.ID).Scan(&n)
	return n > 0, err
}

// written asks whether the effect is stored as r: no other transaction gives it
// this attempt, state and time. The same one may have dropped it since.
func (r *row) written(ctx context.Context, q sqldb.Queryer) (bool, error) {
	stored, err := sqldb.Select(ctx, q, `SELECT `+columns+` FROM flywheel_effects WHERE id = ?`, []any{r.ID}, scan)
	if err != nil || len(stored) == 0 {
		return false, err
	}
	x := rowOf(stored[0])
	same := func(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
	return x.Attempts == r.Attempts && x.State == Dropped || x.Attempts == r.Attempts && x.State == r.State && same(x.Due, r.Due) && same(x.Settled, r.Settled), nil
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := sqldb.Micros(t)
	return &m
}

func moment(m sql.NullInt64) time.Time {
	if !m.Valid {
		return time.Time{}
	}
	return sqldb.Time(m.Int64)
}

func rowOf(e *Effect) row {
	return row{e.ID, e.Kind, e.Contact, e.Topic, e.Provider, e.Purpose, e.Ref, e.Seq, e.Position, sqldb.Micros(e.Plan),
		micros(e.Due), micros(e.NotAfter), e.Attempts, e.Failures, e.State, e.Reason, micros(e.Settled), string(e.Body), e.fence, e.was}
}

func scan(r sqldb.Row) (*Effect, error) {
	var e Effect
	var plan int64
	var at, notAfter, settled sql.NullInt64
	var body string
	err := r.Scan(&e.ID, &e.Kind, &e.Contact, &e.Topic, &e.Provider, &e.Purpose, &e.Ref, &e.Seq, &e.Position, &plan,
		&at, &notAfter, &e.Attempts, &e.Failures, &e.State, &e.Reason, &settled, &body)
	e.Plan, e.Due, e.NotAfter, e.Settled = sqldb.Time(plan), moment(at), moment(notAfter), moment(settled)
	if body != "" {
		e.Body = json.RawMessage(body)
	}
	e.fence, e.was = e.Attempts, e.State
	return &e, err
}

func (s *inSQL) Add(ctx context.Context, effects ...Effect) (known []string, err error) {
	if len(effects) == 0 {
		return nil, nil
	}
	rows := make([]row, len(effects))
	for i := range effects {
		rows[i] = rowOf(&effects[i])
	}
	return s.write(ctx, s.add, rows, (*row).there)
}

// write runs a statement over rows that returns the IDs of those it has written,
// and returns the others.
func (s *inSQL) write(ctx context.Context, query string, rows []row, ask func(*row, context.Context, sqldb.Queryer) (bool, error)) (others []string, err error) {
	arg, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("effect: %w", err)
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		written := make(map[string]bool, len(rows))
		others = nil
		err := sqldb.Each(ctx, tx, query, []any{string(arg)}, func(r sqldb.Row) error {
			var id string
			err := r.Scan(&id)
			written[id] = true
			return err
		})
		var first *row
		for i := range rows {
			if !written[rows[i].ID] {
				others = append(others, rows[i].ID)
			} else if first == nil {
				first = &rows[i]
			}
		}
		if first != nil {
			tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) { return ask(first, ctx, q) })
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return others, nil
}

// exec runs a statement over keys after which no row fulfills a condition.
func (s *inSQL) exec(ctx context.Context, query, condition string, keys []string, before ...any) error {
	if len(keys) == 0 {
		return nil
	}
	arg, err := json.Marshal(keys)
	if err != nil {
		return fmt.Errorf("effect: %w", err)
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, query, append(before, string(arg))...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var left int
			err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_effects WHERE `+condition, string(arg)).Scan(&left)
			return left == 0, err
		})
		return nil
	})
}

func (s *inSQL) Claim(ctx context.Context, q Query) ([]*Effect, error) {
	claim := due.Query{Columns: "contact", From: "flywheel_effects", Due: "due", Key: "id", Where: "kind = ?", Args: []any{q.Kind}}
	if q.Provider != "" {
		claim.Where += " AND provider = ?"
		claim.Args = append(claim.Args, q.Provider)
	}
	for _, topic := range q.Paused {
		claim.Where += " AND topic <> ?"
		claim.Args = append(claim.Args, topic)
	}
	seen := map[string]bool{}
	contacts, err := due.Claim(ctx, s.db.DB, claim, q.Now, q.limit(), func(r sqldb.Row) (contact string, err error) {
		err = r.Scan(&contact)
		return contact, err
	}, func(contact string) bool {
		wanted := !seen[contact] && (q.Held == nil || !q.Held(contact))
		seen[contact] = true
		return wanted
	})
	if err != nil || len(contacts) == 0 {
		return nil, err
	}
	arg, err := json.Marshal(contacts)
	if err != nil {
		return nil, err
	}
	// What another worker has locked it is about to lease: a contact of which not
	// all is ours is theirs. Counting comes first, so that what they commit in
	// between is seen as locked or as leased.
	counted := map[string]int{}
	err = sqldb.Each(ctx, s.db.Read(ctx), s.count, []any{q.Kind, string(arg)}, func(r sqldb.Row) error {
		var contact string
		var n int
		err := r.Scan(&contact, &n)
		counted[contact] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	open, err := sqldb.Select(ctx, s.db.Read(ctx), s.open, []any{q.Kind, string(arg)}, scan)
	if err != nil {
		return nil, err
	}
	of := map[string][]Effect{}
	for _, e := range open {
		of[e.Contact] = append(of[e.Contact], *e)
	}
	var claimed []*Effect
	for _, contact := range contacts {
		if len(of[contact]) >= counted[contact] {
			claimed = append(claimed, q.choose(of[contact])...)
		}
	}
	return claimed, nil
}

func (s *inSQL) Save(ctx context.Context, effects ...*Effect) (lost []string, err error) {
	if len(effects) == 0 {
		return nil, nil
	}
	rows := make([]row, len(effects))
	for i, e := range effects {
		rows[i] = rowOf(e)
	}
	if lost, err = s.write(ctx, s.save, rows, (*row).written); err != nil {
		return nil, err
	}
	saved(ctx, effects, lost)
	return lost, nil
}

// read returns the effects of a query whose last argument is a JSON array.
func (s *inSQL) read(ctx context.Context, query string, keys []string, before ...any) ([]*Effect, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	arg, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	return sqldb.Select(ctx, s.db.Read(ctx), query, append(before, string(arg)), scan)
}

func (s *inSQL) Get(ctx context.Context, ids ...string) ([]*Effect, error) {
	return s.read(ctx, s.get, ids)
}

func (s *inSQL) Of(ctx context.Context, kind string, contacts ...string) ([]*Effect, error) {
	return s.read(ctx, s.of, contacts, kind)
}

func (s *inSQL) Drop(ctx context.Context, at time.Time, refs ...string) error {
	return s.exec(ctx, s.drop, `due IS NOT NULL AND `+sqldb.In(s.db.Dialect(), "ref"), refs, Dropped, sqldb.Micros(at))
}

func (s *inSQL) Remove(ctx context.Context, ids ...string) error {
	return s.exec(ctx, s.remove, sqldb.In(s.db.Dialect(), "id"), ids)
}

func (s *inSQL) Dead(ctx context.Context, kind, after string, n int) ([]*Effect, error) {
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT `+columns+` FROM flywheel_effects
		WHERE state = 4 AND kind = ? AND id > ? ORDER BY id LIMIT ?`, []any{kind, after, n}, scan)
}

func (s *inSQL) Forget(ctx context.Context, contacts ...string) error {
	return s.exec(ctx, s.forget, sqldb.In(s.db.Dialect(), "contact"), contacts)
}
