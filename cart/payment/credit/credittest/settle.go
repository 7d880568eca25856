package credittest

import (
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var settleCases = []testCase{
	{Name: "commit/spends", Rule: "A committed hold is spent, once, whatever its end; it cannot be released.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500))
		m, err := w.Commit(w.Context(), "ann", "h", noon.Add(time.Minute))
		w.OK(err)
		want := hold("h", 500).Stored()
		want.State, want.Settled = credit.Committed, noon.Add(time.Minute)
		w.same("the answer", m, want)
		w.has(noon, 300, 0)
		w.has(until, 300, 0)
		m, err = w.Commit(w.Context(), "ann", "h", until.Add(time.Hour))
		w.OK(err)
		w.same("the second answer", m, want)
		_, err = w.Release(w.Context(), "ann", "h", noon)
		w.Matches(err, flywheel.ErrConflict)
		w.apply(hold("h", 500))
		w.has(noon, 300, 0)
	}},
	{Name: "commit/refused", Rule: "A hold that has ended, was released or never was cannot be committed.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("over", 100), hold("gone", 100))
		_, err := w.Release(w.Context(), "ann", "gone", noon)
		w.OK(err)
		for key, kind := range map[string]error{"over": flywheel.ErrExpired, "gone": flywheel.ErrConflict, "none": flywheel.ErrNotFound, "g": flywheel.ErrNotFound} {
			_, err := w.Commit(w.Context(), "ann", key, until)
			w.Matches(err, kind)
			_, err = w.Commit(w.Context(), "ben", key, until)
			w.Matches(err, flywheel.ErrNotFound)
		}
		w.has(until, 800, 0)
		w.apply(at(grant("later", 1), until)) // counts it back
		_, err = w.Commit(w.Context(), "ann", "over", until)
		w.Matches(err, flywheel.ErrExpired)
		w.has(until, 801, 0)
	}},
	{Name: "release/gives-back", Rule: "A released hold is spendable again, once; one that has ended is marked so.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500), hold("over", 100))
		m, err := w.Release(w.Context(), "ann", "h", noon)
		w.OK(err)
		w.same("the state", m.State, credit.Released)
		w.has(noon, 700, 100)
		_, err = w.Release(w.Context(), "ann", "h", noon)
		w.OK(err)
		w.has(noon, 700, 100)
		m, err = w.Release(w.Context(), "ann", "over", until)
		w.OK(err)
		w.same("the state", m.State, credit.Expired)
		_, err = w.Release(w.Context(), "ann", "over", until)
		w.OK(err)
		w.has(noon, 800, 0)
		_, err = w.Release(w.Context(), "ann", "none", noon)
		w.Matches(err, flywheel.ErrNotFound)
	}},
	{Name: "settle/race", Rule: "A hold that is committed, released and ended at once is settled in one way.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500))
		var spent atomic.Bool
		suite.Together(18, func(i int) {
			var err error
			switch i % 3 {
			case 0:
				if _, err = w.Commit(w.Context(), "ann", "h", until.Add(-time.Microsecond)); err == nil {
					spent.Store(true)
				}
			case 1:
				_, err = w.Release(w.Context(), "ann", "h", until.Add(-time.Microsecond))
			case 2:
				m := at(grant("later", 1), until)
				_, err = w.Apply(w.Context(), m)
			}
			if err != nil {
				if e := suite.First(suite.Wrong("settle", err, flywheel.ErrConflict)); e != nil {
					w.soft(err, flywheel.ErrExpired)
				}
			}
		})
		want := int64(801)
		if spent.Load() {
			want = 301
		}
		w.has(until, want, 0)
	}},
}
