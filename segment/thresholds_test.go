package segment

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTurns(t *testing.T) {
	for source, want := range map[string]struct {
		turns []int64
		every bool
	}{
		`{}`:                                {},
		`{"days": {"$gt": 30}}`:             {turns: []int64{30, 31}},
		`{"days": {"$gt": 30, "$lt": 31}}`:  {turns: []int64{30, 31, 32}},
		`{"days": 7}`:                       {turns: []int64{7, 8}},
		`{"days": 7.5}`:                     {turns: []int64{8}},
		`{"days": -0.5}`:                    {turns: []int64{0}},
		`{"days": -7}`:                      {},
		`{"days": 1e30}`:                    {},
		`{"days": null}`:                    {},
		`{"days": {"$exists": true}}`:       {},
		`{"days": {"$type": "number"}}`:     {},
		`{"days": {"$in": [1, "x", 5]}}`:    {turns: []int64{1, 2, 5, 6}},
		`{"days": {"$not": {"$nin": [1]}}}`: {turns: []int64{1, 2}},
		`{"$or": [{"days": 1}, {"$not": {"days": {"$ne": 4}}}]}`: {turns: []int64{1, 2, 4, 5}},
		`{"days": {"$mod": [7, 0]}}`:                             {every: true},
		`{"other": {"$gt": 30}, "": 3}`:                          {},
		`{`:                                                      {every: true},
	} {
		c := dayCount{name: "days"}
		c.learn(source)
		require.Equal(t, want.turns, c.turns, source)
		require.Equal(t, want.every, c.every, source)
	}
}

func TestNextTurn(t *testing.T) {
	start := time.Date(2025, 1, 1, 6, 0, 0, 0, time.UTC)
	c := dayCount{since: func(p *Profile) time.Time { return p.LastSeen }, turns: []int64{0, 7, 8}}
	p := &Profile{LastSeen: start}
	at := func(days float64) time.Time { return start.Add(time.Duration(days * float64(day))) }
	for now, want := range map[float64]float64{0: 7, 6.9: 7, 7: 8, 7.5: 8} {
		require.Equal(t, at(want).UnixMicro(), c.next(p, at(now)))
	}
	require.Equal(t, int64(never), c.next(p, at(8)))
	require.Equal(t, int64(never), c.next(&Profile{}, start))
	c.every = true
	require.Equal(t, at(9).UnixMicro(), c.next(p, at(8.1)))
	require.Equal(t, int64(math.MaxInt64), int64(never))
}
