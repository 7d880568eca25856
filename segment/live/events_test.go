package live_test

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/live"
)

// recorded reads events.csv.gz as entries of a log, in order of (ts, seq).
func recorded(t testing.TB) []live.Entry {
	file, err := os.Open(testkit.Data(t, "segment/events.csv.gz"))
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(unzipped).ReadAll()
	require.NoError(t, err)
	require.Equal(t, "seq,ts,anon_id,user_id,event,product,category,value,utm_source,utm_medium,utm_campaign,x,y", strings.Join(rows[0], ","))
	channel := channels(t)
	entries := make([]live.Entry, 0, len(rows)-1)
	for _, row := range rows[1:] {
		ts, err := strconv.ParseInt(row[1], 10, 64)
		require.NoError(t, err)
		seq, err := strconv.ParseUint(row[0], 10, 64)
		require.NoError(t, err)
		e := live.Entry{Position: seq, Event: flywheel.Event{
			ID: row[0], Name: row[4], Time: time.Unix(ts, 0).UTC(), Visitor: flywheel.VisitorID(row[2]), Customer: flywheel.CustomerID(row[3]),
			Properties: map[string]any{},
		}}
		for property, column := range map[string]int{"product": 5, "category": 6, "source": 8} {
			if row[column] != "" {
				e.Properties[property] = row[column]
			}
		}
		if row[8] != "" {
			e.Properties["channel"] = channel(row[8], row[9], row[10])
		}
		if row[7] != "" {
			value, err := strconv.ParseFloat(row[7], 64)
			require.NoError(t, err)
			e.Value = money.New(int64(math.Round(value*100)), money.EUR)
		}
		entries = append(entries, e)
	}
	slices.SortStableFunc(entries, func(a, b live.Entry) int {
		if c := a.Time.Compare(b.Time); c != 0 {
			return c
		}
		return int(a.Position) - int(b.Position)
	})
	return entries
}

// channels is the part of the channel table of ../attribution's README that
// tells paid channels from others.
func channels(t testing.TB) func(source, medium, campaign string) string {
	file, err := os.Open(testkit.Data(t, "attribution/ga4_source_categories.csv"))
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	kind := map[string]string{}
	for _, row := range rows {
		kind[strings.ToLower(row[0])] = strings.ToUpper(row[1])
	}
	paid := regexp.MustCompile(`(?i)^(.*cp.*|ppc|retargeting|paid.*)$`)
	shop := regexp.MustCompile(`(?i)^(.*(([^a-df-z]|^)shop|shopping).*)$`)
	return func(source, medium, campaign string) string {
		source, medium = strings.ToLower(strings.TrimSpace(source)), strings.ToLower(medium)
		of := kind[source]
		switch {
		case (source == "" || source == "(direct)") && (medium == "" || medium == "(none)" || medium == "(not set)"):
			return "Direct"
		case strings.Contains(strings.ToLower(campaign), "cross-network"):
			return "Cross-network"
		case !paid.MatchString(medium):
			return "Other"
		case strings.Contains(of, "SHOPPING") || shop.MatchString(campaign):
			return "Paid Shopping"
		case strings.Contains(of, "SEARCH"):
			return "Paid Search"
		case strings.Contains(of, "SOCIAL"):
			return "Paid Social"
		case strings.Contains(of, "VIDEO"):
			return "Paid Video"
		case slices.Contains([]string{"display", "banner", "expandable", "interstitial", "cpm"}, medium):
			return "Display"
		}
		return "Paid Other"
	}
}
