package cohort_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/cohort"
)

func at(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
}

var few = []cohort.Activity{{"ann", at(1, 5), 1000}, {"ann", at(2, 3), 500}, {"bob", at(1, 20), 700}, {"bob", at(3, 1), 300}, {"cid", at(2, 9), 900}}

func Example() {
	table, err := cohort.New(few, cohort.Month, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range table.Rows {
		fmt.Println(r.Start.Format("2006-01"), r.Size, r.Active, r.Later, r.Value)
	}
	fmt.Println(table.Rows[0].Retention(1, cohort.Exact), table.Rows[0].Retention(1, cohort.Unbounded))
	// Output:
	// 2026-01 2 [2 1 1] [2 2 1] [1700 500 300]
	// 2026-02 1 [1 0] [1 0] [900 0]
	// 0.5 1
}

func ExampleTable_Lifecycle() {
	table, _ := cohort.New(few, cohort.Month, nil)
	for _, s := range table.Lifecycle() {
		fmt.Println(table.Start(s.Period).Format("Jan"), s.New, s.Returning, s.Resurrecting, s.Dormant)
	}
	counts, err := table.Bracket(1, 2)
	fmt.Println(counts, err)
	// Output:
	// Jan 2 0 0 0
	// Feb 1 1 0 1
	// Mar 0 0 1 2
	// [2 0] <nil>
}

func ExampleStickiness() {
	sticky, err := cohort.Stickiness(append(few, cohort.Activity{Customer: "ann", At: at(1, 6)}), cohort.Month, nil)
	var january cohort.Sticky = sticky[0]
	fmt.Println(january.Active, january.Days[1], january.Days[2], math.Round(january.Ratio*1000)/1000, err)
	// Output: 2 1 1 0.048 <nil>
}

func ExampleStateOf() {
	var limits cohort.Limits = cohort.DefaultLimits
	for _, days := range [][2]int64{{10, 2}, {400, 60}, {400, 150}, {900, 300}, {900, 500}} {
		state, _ := cohort.StateOf(days[0], days[1], limits)
		fmt.Print(state, " ")
	}
	// Output: new active at_risk lapsed lost
}

type golden struct {
	Sizes     map[string]int       `json:"sizes"`
	Active    map[string][]int     `json:"active"`
	Revenue   map[string][]float64 `json:"revenue"`
	Unbounded map[string][]int     `json:"unbounded_active"`
	Lifecycle []struct {
		Month        int `json:"month"`
		New          int `json:"new"`
		Returning    int `json:"returning"`
		Resurrecting int `json:"resurrecting"`
		Dormant      int `json:"dormant"`
	} `json:"lifecycle"`
	WeeklySizes  map[string]int   `json:"sample_weekly_sizes"`
	WeeklyActive map[string][]int `json:"sample_weekly_active_first12"`
	States       map[string]int   `json:"sample_recency_states"`
}

// log reads CDNOW_master (id, date, CDs, USD) or the sample (master id, id, …).
func log(t testing.TB, file string) []cohort.Activity {
	data, err := os.ReadFile(testkit.Data(t, "segment/"+file))
	require.NoError(t, err)
	var all []cohort.Activity
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "customer_id" {
			continue
		}
		n := len(f)
		day, err := time.Parse("20060102", f[n-3])
		require.NoError(t, err)
		usd, err := strconv.ParseFloat(f[n-1], 64)
		require.NoError(t, err)
		all = append(all, cohort.Activity{Customer: flywheel.CustomerID(f[n-4]), At: day, Value: int64(math.Round(usd * 100))})
	}
	return all
}

func TestReference(t *testing.T) {
	var g golden
	d := json.NewDecoder(strings.NewReader(string(testkit.Reference(t, "segment", "goldens_cohort.json"))))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&g))
	months, err := cohort.New(log(t, "CDNOW_master.txt"), cohort.Month, nil)
	require.NoError(t, err)
	row := func(table *cohort.Table, c string) cohort.Row {
		n, err := strconv.Atoi(c)
		require.NoError(t, err)
		i := slices.IndexFunc(table.Rows, func(r cohort.Row) bool { return r.Period-table.First == n })
		require.GreaterOrEqual(t, i, 0)
		return table.Rows[i]
	}
	for c, n := range g.Sizes {
		t.Run("size/"+c, func(t *testing.T) { require.Equal(t, n, row(months, c).Size) })
	}
	for c, counts := range g.Active {
		t.Run("active/"+c, func(t *testing.T) { require.Equal(t, counts, row(months, c).Active[:len(counts)]) })
	}
	for c, counts := range g.Unbounded {
		t.Run("unbounded/"+c, func(t *testing.T) { require.Equal(t, counts, row(months, c).Later[:len(counts)]) })
	}
	for c, sums := range g.Revenue {
		t.Run("revenue/"+c, func(t *testing.T) {
			for k, usd := range sums {
				require.Equal(t, int64(math.Round(usd*100)), row(months, c).Value[k], "month %d", k)
			}
		})
	}
	stages := months.Lifecycle()
	for _, s := range g.Lifecycle {
		t.Run(fmt.Sprint("lifecycle/", s.Month), func(t *testing.T) {
			require.Equal(t, cohort.Stage{Period: months.First + s.Month, New: s.New, Returning: s.Returning, Resurrecting: s.Resurrecting, Dormant: s.Dormant}, stages[s.Month])
		})
	}
	weeks, err := cohort.New(log(t, "CDNOW_sample.txt"), cohort.Week, nil)
	require.NoError(t, err)
	require.Equal(t, time.Date(1996, 12, 30, 0, 0, 0, 0, time.UTC), weeks.Start(weeks.First))
	for c, n := range g.WeeklySizes {
		t.Run("weekly/size/"+c, func(t *testing.T) { require.Equal(t, n, row(weeks, c).Size) })
	}
	for c, counts := range g.WeeklyActive {
		t.Run("weekly/active/"+c, func(t *testing.T) { require.Equal(t, counts, row(weeks, c).Active[:len(counts)]) })
	}
	if g.States != nil {
		t.Run("states", func(t *testing.T) { require.Equal(t, g.States, states(t)) })
	}
}

// states are those of the sample on 1 July 1998.
func states(t *testing.T) map[string]int {
	snapshot := time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC)
	first, last := map[flywheel.CustomerID]time.Time{}, map[flywheel.CustomerID]time.Time{}
	for _, a := range log(t, "CDNOW_sample.txt") {
		if f, ok := first[a.Customer]; !ok || a.At.Before(f) {
			first[a.Customer] = a.At
		}
		if a.At.After(last[a.Customer]) {
			last[a.Customer] = a.At
		}
	}
	counts := map[string]int{}
	for c := range first {
		s, err := cohort.StateOf(int64(snapshot.Sub(first[c]).Hours()/24), int64(snapshot.Sub(last[c]).Hours()/24), cohort.DefaultLimits)
		require.NoError(t, err)
		counts[string(s)]++
	}
	return counts
}

func TestRefusals(t *testing.T) {
	for what, activities := range map[string][]cohort.Activity{
		"none": nil, "nobody": {{At: at(1, 1)}}, "never": {{Customer: "a"}},
		"overflow": {{"a", at(1, 1), math.MaxInt64}, {"a", at(1, 2), 1}},
	} {
		_, err := cohort.New(activities, cohort.Month, nil)
		require.Error(t, err, what)
	}
	_, err := cohort.New(few, cohort.Unit(9), nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = cohort.Stickiness(few, cohort.Day, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = cohort.StateOf(1, 2, cohort.DefaultLimits)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	table, err := cohort.New(few, cohort.Month, nil)
	require.NoError(t, err)
	require.True(t, math.IsNaN(table.Rows[0].Retention(9, cohort.Exact)))
	_, err = table.Bracket(2, 1)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// TestAgainstCounting compares tables with counting customer by customer, and the stages
// with their sums.
func TestAgainstCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		var activities []cohort.Activity
		for range 1 + r.IntN(80) {
			activities = append(activities, cohort.Activity{Customer: flywheel.CustomerID(fmt.Sprint(r.IntN(12))), At: at(1, 1).Add(time.Duration(r.IntN(300*24)) * time.Hour), Value: int64(r.IntN(100))})
		}
		table, err := cohort.New(activities, cohort.Week, nil)
		require.NoError(t, err)
		weeks := map[flywheel.CustomerID]map[int]bool{}
		for _, a := range activities {
			if weeks[a.Customer] == nil {
				weeks[a.Customer] = map[int]bool{}
			}
			w := int(a.At.Sub(table.Start(table.First)).Hours() / 24 / 7)
			weeks[a.Customer][w] = true
		}
		for _, row := range table.Rows {
			for k := range row.Active {
				n, later := 0, 0
				for _, w := range weeks {
					first, last := 1000, 0
					for x := range w {
						first, last = min(first, x), max(last, x)
					}
					if first != row.Period-table.First {
						continue
					}
					if w[first+k] {
						n++
					}
					if last >= first+k {
						later++
					}
				}
				require.Equal(t, n, row.Active[k])
				require.Equal(t, later, row.Later[k])
			}
		}
		active := 0
		for _, s := range table.Lifecycle() {
			before := active
			active = s.New + s.Returning + s.Resurrecting
			require.Equal(t, before-s.Returning, s.Dormant)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	activities := make([]cohort.Activity, 1_000_000)
	for i := range activities {
		activities[i] = cohort.Activity{Customer: flywheel.CustomerID(fmt.Sprint(r.IntN(200_000))), At: at(1, 1).Add(time.Duration(r.IntN(900*24)) * time.Hour), Value: 100}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cohort.New(activities, cohort.Month, nil); err != nil {
			b.Fatal(err)
		}
	}
}
