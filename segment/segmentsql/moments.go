package segmentsql

import (
	"context"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

// Moments implements segment.MomentStore.
func (s *Profiles) Moments(ctx context.Context, person flywheel.Person, leaf string, after segment.Moment, limit int) ([]segment.Moment, error) {
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT leaf, at, position, number, value FROM flywheel_profile_moments
		WHERE person = ? AND leaf = ? AND (at, position) > (?, ?) ORDER BY at, position LIMIT ?`,
		[]any{string(person), leaf, sqldb.Micros(after.At), int64(after.Position), limit}, scanMoment)
}

func scanMoment(r sqldb.Row) (m segment.Moment, err error) {
	var at int64
	err = r.Scan(&m.Leaf, &at, (*int64)(&m.Position), &m.Number, &m.Value)
	m.At = sqldb.Time(at)
	return m, err
}

type momentRow struct {
	Person   flywheel.Person `json:"person"`
	Leaf     string          `json:"leaf"`
	At       int64           `json:"at"`
	Position int64           `json:"position"`
	Number   int64           `json:"number"`
	Value    string          `json:"value"`
}

// saveMoments removes the moments that are over and adds those that have come.
func (s *Profiles) saveMoments(ctx context.Context, tx *sqldb.Tx, profiles []segment.Profile) error {
	var come []momentRow
	for i := range profiles {
		p := &profiles[i]
		for _, over := range p.Passed { // few: each is a range of the key
			if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_profile_moments WHERE person = ? AND leaf = ? AND at <= ?`,
				string(p.Person), over.Leaf, sqldb.Micros(over.Until)); err != nil {
				return err
			}
		}
		for _, m := range p.Moments {
			come = append(come, momentRow{p.Person, m.Leaf, sqldb.Micros(m.At), int64(m.Position), m.Number, m.Value})
		}
	}
	if len(come) == 0 {
		return nil
	}
	arg, err := argument(come)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO flywheel_profile_moments (person, leaf, at, position, number, value)
		SELECT x.person, x.leaf, x.at, x.position, x.number, x.value FROM `+
		s.rows("person text", "leaf text", "at bigint", "position bigint", "number bigint", "value text"), arg)
	return err
}
