package inventorysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
)

// Reservation implements inventory.Store.
func (s *Store) Reservation(ctx context.Context, ref string) (inventory.Reservation, error) {
	q := s.db.Read(ctx)
	if tx, ok := q.(*sqldb.Tx); ok {
		if r, ok := seenBy(tx).reservations[ref]; ok && ctx.Err() == nil {
			return kept(r), nil
		}
	}
	r, err := scanReservation(q.QueryRowContext(ctx,
		`SELECT `+reservationColumns+` FROM flywheel_inventory_reservations WHERE ref = ?`, ref))
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Reservation{}, fmt.Errorf("inventorysql: reservation %q: %w", ref, flywheel.ErrNotFound)
	}
	return r, err
}

// SaveReservation implements inventory.Store.
func (s *Store) SaveReservation(ctx context.Context, r inventory.Reservation) (inventory.Reservation, error) {
	if err := s.PostBatch(ctx, &r, nil); err != nil {
		return inventory.Reservation{}, err
	}
	return kept(r), nil
}

// kept returns r as it is read back.
func kept(r inventory.Reservation) inventory.Reservation {
	if r.Units = slices.Clone(r.Units); len(r.Units) > 0 {
		r.Lines, r.Expires = nil, r.Expires.UTC().Truncate(time.Microsecond)
		return r
	}
	lines := make([]flywheel.Line, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = flywheel.Line{SKU: l.SKU, Quantity: l.Quantity}
	}
	r.Lines, r.Expires = lines, r.Expires.UTC().Truncate(time.Microsecond)
	return r
}

// saveReservation writes r with its next version.
func saveReservation(ctx context.Context, tx *sqldb.Tx, r *inventory.Reservation) error {
	lines, units, err := contents(r)
	if err != nil {
		return err
	}
	statement := updateReservation
	if r.Version == 0 {
		statement = insertReservation
	}
	saved, err := tx.Changed(ctx, statement, reservationArgs(r, lines, units)...)
	if err != nil {
		return err
	}
	if !saved {
		return staleError(r)
	}
	wrote(tx, r, lines, units)
	return nil
}

const (
	insertReservation = `INSERT INTO flywheel_inventory_reservations
		(location, lines, units, state, expires, attempt, version, ref) VALUES (?, ?, ?, ?, ?, ?, 1, ?)
		ON CONFLICT (ref) DO NOTHING`
	updateReservation = `UPDATE flywheel_inventory_reservations
		SET location = ?, lines = ?, units = ?, state = ?, expires = ?, attempt = ?, version = version + 1
		WHERE ref = ? AND version = ?`
)

func reservationArgs(r *inventory.Reservation, lines, units string) []any {
	args := []any{string(r.Location), lines, units, string(r.State), sqldb.Micros(r.Expires), r.Attempt, r.Ref}
	if r.Version != 0 {
		args = append(args, r.Version)
	}
	return args
}

// wrote notes that r was written with its next version, for as long as the transaction
// holds its row and for when its outcome is lost.
func wrote(tx *sqldb.Tx, r *inventory.Reservation, lines, units string) {
	next := kept(*r)
	next.Version++
	seenBy(tx).reservations[r.Ref] = next
	written := *r // the caller may change r before the transaction ends
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		return isSaved(ctx, q, &written, lines, units)
	})
}

// contents returns what is promised as text: of lines at one location, or of units.
func contents(r *inventory.Reservation) (lines, units string, err error) {
	k := kept(*r)
	if k.Lines == nil {
		k.Lines = []flywheel.Line{}
	}
	text, err := json.Marshal(k.Lines)
	if err != nil || len(k.Units) == 0 {
		return string(text), "", err
	}
	list, err := json.Marshal(k.Units)
	return string(text), string(list), err
}

func staleError(r *inventory.Reservation) error {
	return fmt.Errorf("inventorysql: reservation %q is not at version %d: %w", r.Ref, r.Version, inventory.ErrStale)
}

// isSaved reports whether r is there with its next version. A later version
// leaves open whose the one before was.
func isSaved(ctx context.Context, q sqldb.Queryer, r *inventory.Reservation, lines, units string) (bool, error) {
	var version int64
	var same bool
	err := q.QueryRowContext(ctx, `SELECT version, location = ? AND lines = ? AND units = ? AND state = ? AND expires = ? AND attempt = ?
		FROM flywheel_inventory_reservations WHERE ref = ?`,
		string(r.Location), lines, units, string(r.State), sqldb.Micros(r.Expires), r.Attempt, r.Ref).Scan(&version, &same)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case version > r.Version+1:
		return false, fmt.Errorf("inventorysql: reservation %q went on to version %d: %w", r.Ref, version, flywheel.ErrUnknownOutcome)
	}
	return version == r.Version+1 && same, nil
}

// Due implements inventory.Store.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]inventory.Reservation, error) {
	return due.Claim(ctx, s.db.DB, due.Query{
		Columns: reservationColumns, From: "flywheel_inventory_reservations", Due: "expires", Key: "ref", Where: notFinal,
	}, now, limit, scanReservation, nil)
}

func scanReservation(row sqldb.Row) (r inventory.Reservation, err error) {
	var location, state, lines, units string
	var expires int64
	if err := row.Scan(&r.Ref, &location, &lines, &units, &state, &expires, &r.Attempt, &r.Version); err != nil {
		return inventory.Reservation{}, err
	}
	r.Location, r.State, r.Expires = inventory.Location(location), inventory.State(state), sqldb.Time(expires)
	if err := json.Unmarshal([]byte(lines), &r.Lines); err != nil {
		return inventory.Reservation{}, fmt.Errorf("inventorysql: lines of reservation %q: %w: %w", r.Ref, flywheel.ErrInvalid, err)
	}
	if units == "" {
		return r, nil
	}
	r.Lines = nil
	if err := json.Unmarshal([]byte(units), &r.Units); err != nil {
		return inventory.Reservation{}, fmt.Errorf("inventorysql: units of reservation %q: %w: %w", r.Ref, flywheel.ErrInvalid, err)
	}
	return r, nil
}
