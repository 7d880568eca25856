package experimentsql

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Exposed implements experiment.Store.
func (s *Store) Exposed(ctx context.Context, x experiment.Exposure) (bool, error) {
	var n int
	err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_experiment_exposures
		WHERE experiment = ? AND unit = ? AND arm = ? AND "group" = ?`, string(x.Experiment), x.Unit, x.Arm, x.Group).Scan(&n)
	return n > 0, err
}

// Record implements experiment.Store.
func (s *Store) Record(ctx context.Context, x experiment.Exposure) error {
	if err := x.Validate(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_experiment_exposures
			(experiment, unit, arm, "group", propensity, at, customer, visitor) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (experiment, unit, arm, "group") DO NOTHING`,
			string(x.Experiment), x.Unit, x.Arm, x.Group, x.Propensity, sqldb.Micros(x.At), string(x.Customer), string(x.Visitor))
		if err == nil {
			exists(tx, `SELECT 1 FROM flywheel_experiment_exposures WHERE experiment = ? AND unit = ? AND arm = ? AND "group" = ?`,
				string(x.Experiment), x.Unit, x.Arm, x.Group)
		}
		return err
	})
}

const page = 1000

// Exposures implements experiment.Store.
func (s *Store) Exposures(ctx context.Context, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
	return func(yield func(experiment.Exposure, error) bool) {
		var last experiment.Exposure
		started := false
		for {
			rows, err := s.exposures(ctx, id, last, started)
			if err != nil {
				yield(experiment.Exposure{}, err)
				return
			}
			for _, x := range rows {
				if !yield(x, nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
			last, started = rows[page-1], true
		}
	}
}

// exposures reads the page behind last.
func (s *Store) exposures(ctx context.Context, id experiment.ID, last experiment.Exposure, started bool) ([]experiment.Exposure, error) {
	query, args := `SELECT experiment, unit, arm, "group", propensity, at, customer, visitor
		FROM flywheel_experiment_exposures WHERE experiment = ?`, []any{string(id)}
	if started {
		query += ` AND (at, unit, arm, "group") > (?, ?, ?, ?)`
		args = append(args, sqldb.Micros(last.At), last.Unit, last.Arm, last.Group)
	}
	query += ` ORDER BY at, unit, arm, "group" LIMIT ?`
	return sqldb.Select(ctx, s.db.Read(ctx), query, append(args, page), func(r sqldb.Row) (x experiment.Exposure, err error) {
		var at int64
		err = r.Scan(&x.Experiment, &x.Unit, &x.Arm, &x.Group, &x.Propensity, &at, &x.Customer, &x.Visitor)
		x.At = sqldb.Time(at)
		return x, err
	})
}
