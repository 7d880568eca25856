package recommend_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// Popularity by segment, with a decay: what a segment chose of late stands first for it,
// and a segment of which nothing is new falls back to everyone.
func TestPopularityBySegment(t *testing.T) {
	var choices []recommend.Choice
	add := func(segment string, n int, item flywheel.SKU, day int) {
		for i := range n {
			choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(segment, " ", item, i))}, Item: item, At: monday.AddDate(0, 0, day)})
		}
	}
	add("young", 60, "VINYL", 0)
	add("young", 40, "PHONE", 100)
	add("old", 50, "RADIO", 0)
	add("all", 90, "BREAD", 100)
	m, err := recommend.NewMatrix(choices)
	require.NoError(t, err)
	segment := func(who recommend.Actor) string {
		for _, s := range []string{"young", "old"} {
			if len(who.Customer) > len(s) && string(who.Customer[:len(s)]) == s {
				return s
			}
		}
		return ""
	}
	best := func(s recommend.Scorer) flywheel.SKU {
		scores := score(s, nil)
		at := 0
		for i, v := range scores {
			if v > scores[at] {
				at = i
			}
		}
		return m.Index().SKU(int32(at))
	}
	plain := recommend.FitSegments(m, segment)
	assert.Equal(t, flywheel.SKU("VINYL"), best(plain.Of("young")))
	assert.Equal(t, flywheel.SKU("RADIO"), best(plain.Of("old")))
	assert.Equal(t, flywheel.SKU("BREAD"), best(plain.Of("nobody has this")))
	// By hand: 100 young rows, of which 40 chose PHONE; everyone's share is 40 of 240.
	i, _ := m.Index().Number("PHONE")
	assert.InDelta(t, 100./120*40/100+20./120*40/240, score(plain.Of("young"), nil)[i], 1e-12)
	now, err := recommend.Popularity{HalfLife: 10 * 24 * time.Hour}.BySegment(m, segment)
	require.NoError(t, err)
	assert.Equal(t, flywheel.SKU("PHONE"), best(now.Of("young")))
	assert.Equal(t, flywheel.SKU("BREAD"), best(now.Of("old")), "it has been quiet for ten half-lives")
	window, err := recommend.Popularity{Window: 24 * time.Hour}.BySegment(m, segment)
	require.NoError(t, err)
	assert.Equal(t, score(window.Of("nobody"), nil), score(window.Of("old"), nil))
	_, err = recommend.Popularity{HalfLife: -1}.BySegment(m, segment)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	empty, err := recommend.NewMatrix(nil)
	require.NoError(t, err)
	assert.Empty(t, score(recommend.FitSegments(empty, segment).Of("young"), nil))
}
