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
func (s *Store) Record(ctx context.Context, x experiment.Exposure) (added bool, err error) {
	if err := x.Validate(); err != nil {
		return false, err
	}
	at := sqldb.Micros(x.At)
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		added, err = tx.Once(ctx, `INSERT INTO flywheel_experiment_exposures
			(experiment, unit, arm, "group", propensity, at, customer, visitor) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (experiment, unit, arm, "group") DO NOTHING`,
			[]any{string(x.Experiment), x.Unit, x.Arm, x.Group, x.Propensity, at, string(x.Customer), string(x.Visitor)},
			`SELECT 1 FROM flywheel_experiment_exposures WHERE experiment = ? AND unit = ? AND arm = ? AND "group" = ? AND at = ?`,
			string(x.Experiment), x.Unit, x.Arm, x.Group, at)
		return err
	})
	return added && err == nil, err
}

// Exposures implements experiment.Store.
func (s *Store) Exposures(ctx context.Context, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
	return sqldb.Pages(ctx, s.db, `SELECT experiment, unit, arm, "group", propensity, at, customer, visitor
		FROM flywheel_experiment_exposures WHERE experiment = ? AND (at, unit, arm, "group") > (?, ?, ?, ?)
		ORDER BY at, unit, arm, "group" LIMIT ?`, func(last *experiment.Exposure) []any {
		return []any{string(id), sqldb.Micros(last.At), last.Unit, last.Arm, last.Group}
	}, func(r sqldb.Row) (x experiment.Exposure, err error) {
		var at int64
		err = r.Scan(&x.Experiment, &x.Unit, &x.Arm, &x.Group, &x.Propensity, &at, &x.Customer, &x.Visitor)
		x.At = sqldb.Time(at)
		return x, err
	})
}
