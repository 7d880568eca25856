package experimenttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func definition(id, body string, version int64) experiment.Definition {
	return experiment.Definition{Kind: "payload", ID: id, Version: version, Body: []byte(body), SavedAt: noon}
}

// expectDefinition compares a definition with what was saved.
func expectDefinition(ctx context.Context, s experiment.Store, want experiment.Definition) error {
	got, err := s.Definition(ctx, want.Kind, want.ID)
	if err != nil {
		return err
	}
	if !bytes.Equal(got.Body, want.Body) || got.Version != want.Version || got.Kind != want.Kind || got.ID != want.ID || got.SavedAt != want.SavedAt {
		return fmt.Errorf("got %+v, want %+v", got, want)
	}
	return nil
}

func save(ctx context.Context, s experiment.Store, d experiment.Definition) error {
	_, err := s.SaveDefinition(ctx, d)
	return err
}

var definitionCases = []testCase{
	{Name: "definition/read-back", Rule: "a definition is read as it was saved, byte by byte, one version on",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			d := definition("live", "{\"b\": 1,  \"a\": [1.0, \"\u65e5\"]}", 0)
			d.SavedAt = noon.Add(1234567 * time.Nanosecond).In(time.FixedZone("east", 3600))
			saved, err := s.SaveDefinition(ctx, d)
			if err != nil {
				return err
			}
			d.Version, d.SavedAt = 1, noon.Add(1234*time.Microsecond)
			if saved.Version != 1 || saved.SavedAt != d.SavedAt {
				return fmt.Errorf("saved %+v", saved)
			}
			return errors.Join(expectDefinition(ctx, s, d), save(ctx, s, definition("live", "{}", 1)), expectDefinition(ctx, s, definition("live", "{}", 2)))
		}},
	{Name: "definition/missing", Rule: "a definition that is not there is not found, by kind and ID",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			if err := save(ctx, s, definition("live", "{}", 0)); err != nil {
				return err
			}
			for _, name := range [][2]string{{"payload", "Live"}, {"study", "live"}} {
				if _, err := s.Definition(ctx, name[0], name[1]); !errors.Is(err, flywheel.ErrNotFound) {
					return fmt.Errorf("%v: %v", name, err)
				}
			}
			return nil
		}},
	{Name: "definition/stale-version", Rule: "a stale or a future version is a conflict and changes nothing",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			if err := save(ctx, s, definition("live", "1", 3)); !errors.Is(err, flywheel.ErrConflict) {
				return fmt.Errorf("version 3 of nothing: %v", err)
			}
			if err := errors.Join(save(ctx, s, definition("live", "1", 0)), save(ctx, s, definition("live", "2", 1))); err != nil {
				return err
			}
			for _, version := range []int64{0, 1, 3} {
				if err := save(ctx, s, definition("live", "x", version)); !errors.Is(err, flywheel.ErrConflict) {
					return fmt.Errorf("version %d over 2: %v", version, err)
				}
			}
			return expectDefinition(ctx, s, definition("live", "2", 2))
		}},
	{Name: "definition/refuse-invalid", Rule: "a definition without kind, ID or time is refused",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			noKind, noID, noTime := definition("a", "", 0), definition("", "", 0), definition("a", "", 0)
			noKind.Kind, noTime.SavedAt = "", time.Time{}
			for _, d := range []experiment.Definition{noKind, noID, noTime} {
				if err := save(ctx, s, d); !errors.Is(err, flywheel.ErrInvalid) {
					return fmt.Errorf("%+v: %v", d, err)
				}
			}
			return nil
		}},
	{Name: "definition/copy", Rule: "changing a body that was saved or read changes nothing in the store",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			d := definition("live", "abc", 0)
			if err := save(ctx, s, d); err != nil {
				return err
			}
			d.Body[0] = 'x'
			got, err := s.Definition(ctx, "payload", "live")
			if err != nil {
				return err
			}
			got.Body[1] = 'x'
			return expectDefinition(ctx, s, definition("live", "abc", 1))
		}},
	{Name: "definition/one-writer", Rule: "of many saving over one version, one succeeds",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			_, err := suite.Race(6, flywheel.ErrConflict, func(i int) error { return save(ctx, s, definition("live", fmt.Sprint(i), 0)) })
			return err
		}},
	{Name: "definition/rollback", Rule: "a definition that a transaction saved is gone when it fails", Transactions: true,
		Check: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
			if err := save(ctx, s, definition("live", "1", 0)); err != nil {
				return err
			}
			stop := errors.New("stop")
			err := tx.InTx(ctx, func(ctx context.Context) error {
				return errors.Join(save(ctx, s, definition("live", "2", 1)), save(ctx, s, definition("new", "2", 0)), stop)
			})
			if !errors.Is(err, stop) {
				return err
			}
			if _, err := s.Definition(ctx, "payload", "new"); !errors.Is(err, flywheel.ErrNotFound) {
				return fmt.Errorf("new: %v", err)
			}
			return expectDefinition(ctx, s, definition("live", "1", 1))
		}},
}
