package rfm_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

func Example() {
	var purchases rfm.Table
	day := func(d int) time.Time { return time.Date(2025, 6, d, 10, 0, 0, 0, time.UTC) }
	purchases.Add("ann", day(1), 2500)
	purchases.Add("ann", day(20), 4000)
	purchases.Add("ann", day(29), 12000)
	purchases.Add("bob", day(2), 900)

	inputs, err := purchases.Inputs(day(30))
	if err != nil {
		fmt.Println(err)
		return
	}
	fixed := rfm.Fixed{R: [4]int64{7, 14, 21, 28}, F: [4]int64{2, 3, 5, 9}, M: [4]int64{2500, 5000, 10000, 25000}}
	scores, err := fixed.Score(inputs)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, s := range scores {
		fmt.Printf("%s: %d days ago, %d times, %d.%02d: %s %s\n", s.Customer,
			inputs[i].Recency, inputs[i].Frequency, inputs[i].Monetary/100, inputs[i].Monetary%100, s, s.Segment())
	}
	// Output:
	// ann: 1 days ago, 3 times, 185.00: 534 potential_loyalist
	// bob: 28 days ago, 1 times, 9.00: 111 hibernating
}

func ExampleNTile() {
	scores, _ := rfm.NTile{}.Score([]rfm.Input{
		{Customer: "a", Recency: 1, Frequency: 9, Monetary: 900}, {Customer: "b", Recency: 2, Frequency: 7, Monetary: 100},
		{Customer: "c", Recency: 3, Frequency: 5, Monetary: 700}, {Customer: "d", Recency: 4, Frequency: 3, Monetary: 300},
		{Customer: "e", Recency: 5, Frequency: 1, Monetary: 500},
	})
	fmt.Println(scores[0], scores[1], scores[4], scores[4].Segment())
	// Output: 555 441 113 hibernating
}

func ExampleScore_Segment() {
	for _, s := range []rfm.Score{{R: 5, F: 5, M: 3}, {R: 1, F: 5, M: 5}, {R: 3, F: 1, M: 1}} {
		var name rfm.Segment = s.Segment()
		fmt.Println(s, name)
	}
	// Output:
	// 553 champion
	// 155 cant_lose
	// 311 about_to_sleep
}

func ExampleMethod() {
	inputs := []rfm.Input{{Customer: "a", Recency: 1, Frequency: 4, Monetary: 9000}, {Customer: "b", Recency: 90, Frequency: 1, Monetary: 500}}
	for _, method := range []rfm.Method{rfm.NTile{}, rfm.Quantile{}} {
		scores, err := method.Score(inputs)
		fmt.Println(scores, err)
	}
	// Output:
	// [222 111] <nil>
	// [555 111] <nil>
}

func ExampleQuantile() {
	edges, _ := rfm.Quantile{}.Edges([]rfm.Input{{Customer: "a", Recency: 0}, {Customer: "b", Recency: 10}})
	fmt.Println(edges.R)
	// Output: [2 4 6 8]
}

func TestTableDays(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	table := rfm.Table{Location: paris}
	// 23:30 UTC on 9 June is the 10th in Paris.
	require.NoError(t, table.Add("a", time.Date(2025, 6, 9, 23, 30, 0, 0, time.UTC), 100))
	require.NoError(t, table.Add("a", time.Date(2025, 6, 10, 12, 0, 0, 0, time.UTC), 200))
	require.NoError(t, table.Add("a", time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC), -50))
	inputs, err := table.Inputs(time.Date(2025, 6, 11, 22, 0, 0, 0, time.UTC)) // the 12th
	require.NoError(t, err)
	require.Equal(t, []rfm.Input{{Customer: "a", Recency: 2, Frequency: 2, Monetary: 250}}, inputs)
}

func TestRefusals(t *testing.T) {
	at := time.Date(2025, 6, 10, 12, 0, 0, 0, time.UTC)
	var table rfm.Table
	require.ErrorIs(t, table.Add("", at, 1), flywheel.ErrInvalid)
	require.ErrorIs(t, table.Add("a", time.Time{}, 1), flywheel.ErrInvalid)
	require.NoError(t, table.Add("a", at, math.MaxInt64))
	require.ErrorIs(t, table.Add("a", at, 1), flywheel.ErrOutOfRange)
	require.NoError(t, table.Add("b", at, math.MinInt64))
	require.ErrorIs(t, table.Add("b", at, -1), flywheel.ErrOutOfRange)
	inputs, err := table.Inputs(at)
	require.NoError(t, err)
	require.Equal(t, int64(math.MaxInt64), inputs[0].Monetary, "a refused purchase changes nothing")
	_, err = table.Inputs(at.AddDate(0, 0, -1))
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)

	good := rfm.Fixed{R: [4]int64{1, 2, 3, 4}, F: [4]int64{1, 2, 3, 4}, M: [4]int64{1, 2, 3, 4}}
	for _, method := range []rfm.Method{rfm.NTile{}, rfm.Quantile{}, good} {
		for name, bad := range map[string][]rfm.Input{
			"none":      nil,
			"no id":     {{}},
			"twice":     {{Customer: "a"}, {Customer: "a"}},
			"recency":   {{Customer: "a", Recency: -1}},
			"frequency": {{Customer: "a", Frequency: -1}},
		} {
			_, err := method.Score(bad)
			require.Error(t, err, "%T %s", method, name)
		}
	}
	for _, bad := range []rfm.Fixed{{}, {R: good.R, F: good.F}, {R: [4]int64{1, 2, 2, 3}, F: good.F, M: good.M}} {
		_, err := bad.Score([]rfm.Input{{Customer: "a"}})
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	require.Empty(t, rfm.Score{}.Segment())
}

// TestLaws: whoever is better is not scored worse, whatever the order of input;
// NTile's parts are equal to one; equal customers are equal under Quantile.
func TestLaws(t *testing.T) {
	fixed := rfm.Fixed{R: [4]int64{2, 4, 6, 8}, F: [4]int64{2, 4, 6, 8}, M: [4]int64{-10, 0, 10, 20}}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		inputs := make([]rfm.Input, n)
		for i := range inputs {
			inputs[i] = rfm.Input{Customer: flywheel.CustomerID(fmt.Sprint("c", i)), Recency: rapid.Int64Range(0, 10).Draw(t, "r"),
				Frequency: rapid.Int64Range(0, 10).Draw(t, "f"), Monetary: rapid.Int64Range(-20, 30).Draw(t, "m")}
		}
		for _, method := range []rfm.Method{rfm.NTile{}, rfm.Quantile{}, fixed} {
			scores, err := method.Score(inputs)
			require.NoError(t, err)
			counts := [6]int{}
			for i, a := range scores {
				counts[a.R]++
				require.NotEmpty(t, a.Segment())
				for j, b := range scores {
					require.False(t, inputs[i].Recency < inputs[j].Recency && a.R < b.R)
					require.False(t, inputs[i].Frequency > inputs[j].Frequency && a.F < b.F)
					require.False(t, inputs[i].Monetary > inputs[j].Monetary && a.M < b.M)
					if _, ranked := method.(rfm.NTile); !ranked && inputs[i].Recency == inputs[j].Recency {
						require.Equal(t, a.R, b.R)
					}
				}
			}
			if _, ranked := method.(rfm.NTile); ranked {
				for k := 1; k < 5; k++ {
					require.Contains(t, []int{0, 1}, counts[k]-counts[k+1])
				}
			}
			shuffled := rapid.Permutation(inputs).Draw(t, "order")
			again, err := method.Score(shuffled)
			require.NoError(t, err)
			require.ElementsMatch(t, scores, again)
		}
	})
}

// TestTableAgainstASet: days that come often enough to be made distinct on the way are counted as
// a set of them would.
func TestTableAgainstASet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	table := rfm.Table{Location: zone}
	start := time.Date(1969, 12, 1, 0, 0, 0, 0, time.UTC)
	days, sums := map[flywheel.CustomerID]map[string]bool{}, map[flywheel.CustomerID]int64{}
	for range 150_000 {
		id, at := flywheel.CustomerID(fmt.Sprint("customer", r.IntN(50))), start.Add(time.Duration(r.Int64N(70*86400))*time.Second)
		require.NoError(t, table.Add(id, at, 7))
		if days[id] == nil {
			days[id] = map[string]bool{}
		}
		days[id][at.In(zone).Format(time.DateOnly)] = true
		sums[id] += 7
	}
	inputs, err := table.Inputs(start.AddDate(0, 0, 80))
	require.NoError(t, err)
	require.Len(t, inputs, 50)
	require.True(t, slices.IsSortedFunc(inputs, func(a, b rfm.Input) int { return cmp.Compare(a.Customer, b.Customer) }))
	for _, in := range inputs {
		require.Equal(t, int64(len(days[in.Customer])), in.Frequency)
		require.Equal(t, sums[in.Customer], in.Monetary)
	}
	_, err = rfm.Quantile{}.Score(inputs)
	require.NoError(t, err)
}

// Edges of many customers are those of sorted values, whatever their range.
func TestEdgesOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for _, reach := range []int64{1, 3, 5000, 1 << 30, 1 << 50} {
		inputs := make([]rfm.Input, 5001)
		values := make([]int64, len(inputs))
		for i := range inputs {
			values[i] = r.Int64N(reach) - reach/2
			inputs[i] = rfm.Input{Customer: flywheel.CustomerID(fmt.Sprint(i)), Monetary: values[i]}
		}
		edges, err := rfm.Quantile{}.Edges(inputs)
		require.NoError(t, err)
		slices.Sort(values)
		for q := range 4 {
			require.Equal(t, float64(values[(q+1)*1000]), edges.M[q])
		}
	}
}
