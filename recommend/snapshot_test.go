package recommend_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// storable are one of each kind of model.
var storable = []recommend.Learner{
	recommend.Popularity{}, recommend.ItemKNN{}, recommend.UserKNN{Rarity: true}, recommend.RP3beta{}, recommend.EASE{Lambda: 2}, recommend.EASE{Lambda: 2, Keep: 2},
	recommend.SLIM{}, recommend.IALS{Factors: 4}, recommend.BPR{Factors: 4, Epochs: 3}, recommend.SessionKNN{}, recommend.CoOccurrence{}, recommend.Again{},
	recommend.Filled{Of: recommend.Blend{Of: []recommend.Learner{recommend.Recent{Of: recommend.ItemKNN{}, HalfLife: 2}, recommend.SLIM{}}, Weights: []float64{1, 0.5}}},
}

func TestSnapshots(t *testing.T) {
	m := corner(t)
	h, _ := m.Index().HistoryOf("TEA", "BREAD")
	for _, l := range storable {
		t.Run(l.String(), func(t *testing.T) {
			s, err := l.Fit(m)
			require.NoError(t, err)
			snap := recommend.Snapshot{Model: s, Version: 7, Learner: l.String(), Facts: 17, Until: monday}
			data, err := snap.Marshal([]byte("key"))
			require.NoError(t, err)
			again, err := snap.Marshal([]byte("key"))
			require.NoError(t, err)
			require.Equal(t, data, again)
			got, err := recommend.UnmarshalSnapshot(data, []byte("key"))
			require.NoError(t, err)
			assert.Equal(t, score(s, h), score(got.Model, h))
			assert.Equal(t, []any{uint64(7), l.String(), int64(17), monday}, []any{got.Version, got.Learner, got.Facts, got.Until})
			twice, err := got.Marshal([]byte("key"))
			require.NoError(t, err)
			require.Equal(t, data, twice)

			for n := 0; n < len(data); n += 1 + len(data)/97 {
				changed := slices.Clone(data)
				changed[n] ^= 1
				_, err = recommend.UnmarshalSnapshot(changed, []byte("key"))
				require.ErrorIs(t, err, recommend.ErrTampered, "byte %d", n)
				_, err = recommend.UnmarshalSnapshot(data[:n], []byte("key"))
				require.ErrorIs(t, err, recommend.ErrTampered, "cut at %d", n)
			}
			_, err = recommend.UnmarshalSnapshot(data, nil)
			require.ErrorIs(t, err, recommend.ErrTampered)
		})
	}
	_, err := recommend.Snapshot{Model: broken{m.Index()}}.Marshal(nil)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = recommend.Snapshot{}.Marshal(nil)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
}

func ExampleSnapshot() {
	m, err := recommend.NewMatrix([]recommend.Choice{
		{Actor: recommend.Actor{Customer: "ann"}, Item: "TEA"}, {Actor: recommend.Actor{Customer: "ann"}, Item: "HONEY"},
	})
	if err != nil {
		panic(err)
	}
	model, err := recommend.ItemKNN{}.Fit(m)
	if err != nil {
		panic(err)
	}
	data, err := recommend.Snapshot{Model: model, Version: 1, Facts: 2}.Marshal([]byte("our secret"))
	if err != nil {
		panic(err)
	}
	snap, err := recommend.UnmarshalSnapshot(data, []byte("our secret"))
	fmt.Println(snap.Version, snap.Facts, err)
	_, err = recommend.UnmarshalSnapshot(data[:len(data)-1], []byte("our secret"))
	fmt.Println(err)
	// Output:
	// 1 2 <nil>
	// recommend: snapshot was cut short or changed: invalid
}
