package recommend_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// The rules are those of a count by the definition, in whatever order the choices come,
// and a snapshot brings them back.
func TestSequentialIsTheCount(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		var choices []recommend.Choice
		for row := range 30 {
			used := map[int]bool{}
			for range 1 + random.IntN(8) {
				item := random.IntN(9)
				if used[item] {
					continue // the latest choice of an item would count
				}
				used[item] = true
				choices = append(choices, recommend.Choice{
					Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(row))}, Item: flywheel.SKU(fmt.Sprint("i", item)),
					At: monday.Add(time.Duration(random.IntN(12)) * time.Minute),
				})
			}
		}
		steps := 1 + random.IntN(4)
		m, err := recommend.NewMatrix(choices)
		require.NoError(t, err)
		model, err := recommend.Sequential{Steps: steps}.Fit(m)
		require.NoError(t, err)

		want := map[[2]flywheel.SKU]float64{}
		have := map[flywheel.SKU]float64{}
		rows := map[flywheel.CustomerID][]recommend.Choice{}
		for _, c := range choices {
			rows[c.Actor.Customer] = append(rows[c.Actor.Customer], c)
			have[c.Item]++
		}
		for row := range 30 {
			of := rows[flywheel.CustomerID(fmt.Sprint(row))]
			slices.SortFunc(of, func(a, b recommend.Choice) int {
				if c := a.At.Compare(b.At); c != 0 {
					return c
				}
				return slices.Compare([]byte(a.Item), []byte(b.Item))
			})
			for i, a := range of {
				for j, b := range of {
					if b.At.After(a.At) && j-i <= steps {
						want[[2]flywheel.SKU{a.Item, b.Item}] += 1 / float64(j-i)
					}
				}
			}
		}
		data, err := recommend.Snapshot{Model: model, Version: 1}.Marshal(nil)
		require.NoError(t, err)
		back, err := recommend.UnmarshalSnapshot(data, nil)
		require.NoError(t, err)
		index := model.Index()
		for _, s := range []recommend.Scorer{model, back.Model} {
			scores := make([]float64, index.Len())
			for i := range index.Len() {
				s.Score(recommend.History{{Item: int32(i), Weight: 1}}, scores)
				for j := range index.Len() {
					rule := [2]flywheel.SKU{index.SKU(int32(i)), index.SKU(int32(j))}
					require.InDelta(t, want[rule]/have[rule[0]], scores[j], 1e-12, "%v", rule)
				}
			}
		}
		again, err := recommend.Sequential{Steps: steps}.Fit(m)
		require.NoError(t, err)
		bytes, err := recommend.Snapshot{Model: again, Version: 1}.Marshal(nil)
		require.NoError(t, err)
		require.Equal(t, data, bytes, "the same bytes each time")
	}
}

func TestSequentialRefuses(t *testing.T) {
	m, err := recommend.NewMatrix([]recommend.Choice{{Actor: recommend.Actor{Customer: "a"}, Item: "x"}, {Actor: recommend.Actor{Customer: "a"}, Item: "y"}})
	require.NoError(t, err)
	for _, bad := range []recommend.Sequential{{Steps: -1}, {Steps: 2_000_000}, {Neighbors: -1}} {
		_, err := bad.Fit(m)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	model, err := recommend.Sequential{}.Fit(m)
	require.NoError(t, err)
	scores := make([]float64, 2)
	model.Score(recommend.History{{Item: 0, Weight: 1}}, scores)
	require.Equal(t, []float64{0, 0}, scores, "without times nothing comes after anything")
}

// Who looked at a tent looks at a sleeping bag next, and then at a lamp.
func ExampleSequential() {
	var choices []recommend.Choice
	for visit, items := range [][]flywheel.SKU{{"TENT", "BAG", "LAMP"}, {"TENT", "BAG"}, {"LAMP", "TENT"}} {
		for n, sku := range items {
			choices = append(choices, recommend.Choice{
				Actor: recommend.Actor{Visitor: flywheel.VisitorID(fmt.Sprint(visit))}, Item: sku, At: monday.Add(time.Duration(n) * time.Minute),
			})
		}
	}
	m, err := recommend.NewMatrix(choices)
	if err != nil {
		panic(err)
	}
	var rules recommend.Learner = recommend.Sequential{}
	model, err := rules.Fit(m)
	if err != nil {
		panic(err)
	}
	answer, err := recommend.NewServer(model, nil).Answer(recommend.Query{History: []flywheel.SKU{"TENT"}})
	for _, item := range answer.Items {
		fmt.Printf("%s %.3f %v\n", item.SKU, item.Score, err)
	}
	// Output:
	// BAG 0.667 <nil>
	// LAMP 0.167 <nil>
}
