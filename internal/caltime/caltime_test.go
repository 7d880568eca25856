package caltime_test

import (
	"errors"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	require.NoError(t, err)
	return at
}

func ExampleDuration_AddTo() {
	year, _ := caltime.ParseDuration("P12M")
	leap := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	fmt.Println(year.AddTo(leap, time.UTC).Format(time.DateOnly))
	// Output: 2025-02-28
}

func ExampleAt() {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	fmt.Println(caltime.At(2026, 3, 8, 2, 30, 0, 0, newYork))  // skipped that night
	fmt.Println(caltime.At(2026, 11, 1, 1, 30, 0, 0, newYork)) // shown twice
	// Output:
	// 2026-03-08 03:30:00 -0400 EDT
	// 2026-11-01 01:30:00 -0400 EDT
}

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]caltime.Duration{
		"P12M":              {Months: 12},
		"P1Y":               {Months: 12},
		"P1Y6M":             {Months: 18},
		"P2W":               {Days: 14},
		"P1M2W3D":           {Months: 1, Days: 17},
		"P1DT12H":           {Days: 1, Elapsed: 12 * time.Hour},
		"PT1H30M15S":        {Elapsed: time.Hour + 30*time.Minute + 15*time.Second},
		"PT5M":              {Elapsed: 5 * time.Minute},
		"P1MT1M":            {Months: 1, Elapsed: time.Minute},
		"P0D":               {},
		"P10000Y":           {Months: 120_000},
		"PT9223372036S":     {Elapsed: 9223372036 * time.Second},
		"P0Y0M0W0DT0H0M0S":  {},
		"P007D":             {Days: 7},
		"P9999Y11M":         {Months: 119_999},
		"PT2562047H47M16S":  {Elapsed: 2562047*time.Hour + 47*time.Minute + 16*time.Second},
		"P522857W1DT1S":     {Days: 3_660_000, Elapsed: time.Second},
		"P3660000DT0S":      {Days: 3_660_000},
		"P1Y2M3W4DT5H6M7S":  {Months: 14, Days: 25, Elapsed: 5*time.Hour + 6*time.Minute + 7*time.Second},
		"P0000000000000M":   {},
		"PT0000000000001H":  {Elapsed: time.Hour},
		"P1WT24H":           {Days: 7, Elapsed: 24 * time.Hour},
		"P30D":              {Days: 30},
		"P000000000000001W": {Days: 7},
	} {
		got, err := caltime.ParseDuration(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
}

func TestParseDurationRefuses(t *testing.T) {
	for s, kind := range map[string]error{
		"": flywheel.ErrInvalid, "P": flywheel.ErrInvalid, "PT": flywheel.ErrInvalid, "P1DT": flywheel.ErrInvalid,
		"1D": flywheel.ErrInvalid, "p1d": flywheel.ErrInvalid, "P1": flywheel.ErrInvalid, "PD": flywheel.ErrInvalid,
		"P1D1M": flywheel.ErrInvalid, "P1D1D": flywheel.ErrInvalid, "P1H": flywheel.ErrInvalid, "PT1D": flywheel.ErrInvalid,
		"-P1D": flywheel.ErrInvalid, "P-1D": flywheel.ErrInvalid, "P+1D": flywheel.ErrInvalid, "P1.5D": flywheel.ErrInvalid,
		"P1D ": flywheel.ErrInvalid, " P1D": flywheel.ErrInvalid, "P1DT1HT1M": flywheel.ErrInvalid, "P１D": flywheel.ErrInvalid,
		"P10001Y": flywheel.ErrOutOfRange, "P3660001D": flywheel.ErrOutOfRange, "PT9223372037S": flywheel.ErrOutOfRange,
		"P99999999999999999999Y": flywheel.ErrOutOfRange, "P9223372036854775807W": flywheel.ErrOutOfRange,
		"PT2562047H99M":               flywheel.ErrOutOfRange,
		"P10000Y9223372036854775807M": flywheel.ErrOutOfRange, "P9223372036854775807W9223372036854775807D": flywheel.ErrOutOfRange,
		"P1D0000000000000000000000000000000000000000000000000000000000000000": flywheel.ErrLimit,
	} {
		got, err := caltime.ParseDuration(s)
		require.ErrorIs(t, err, kind, s)
		require.Zero(t, got, s)
	}
}

func TestAddTo(t *testing.T) {
	for _, c := range []struct{ zone, at, duration, want, why string }{
		{"UTC", "2026-01-31T10:00:00Z", "P1M", "2026-02-28T10:00:00Z", "clamped to the month end"},
		{"UTC", "2024-02-29T10:00:00Z", "P48M", "2028-02-29T10:00:00Z", "no clamp in a leap year"},
		{"UTC", "2026-01-31T10:00:00Z", "P1M1D", "2026-03-01T10:00:00Z", "months are clamped before days are added"},
		{"UTC", "2026-11-30T10:00:00Z", "P15M", "2028-02-29T10:00:00Z", "over the year end"},
		{"America/New_York", "2025-03-08T02:30:00-05:00", "P12M", "2026-03-08T03:30:00-04:00", "gap moves forward"},
		{"America/New_York", "2025-11-01T01:30:00-04:00", "P12M", "2026-11-01T01:30:00-04:00", "fold takes the first"},
		{"America/New_York", "2026-03-07T12:00:00-05:00", "P1D", "2026-03-08T12:00:00-04:00", "a day of 23 hours"},
		{"America/New_York", "2026-03-07T12:00:00-05:00", "PT24H", "2026-03-08T13:00:00-04:00", "elapsed time"},
		{"America/New_York", "2026-11-01T01:30:00-05:00", "PT0S", "2026-11-01T01:30:00-05:00", "the second of a fold stays without calendar part"},
		{"America/New_York", "2026-03-07T02:30:00-05:00", "P1DT1H", "2026-03-08T04:30:00-04:00", "elapsed after the gap is resolved"},
		{"Pacific/Apia", "2011-12-29T10:00:00-10:00", "P1D", "2011-12-31T10:00:00+14:00", "30 December 2011 did not exist in Samoa"},
		{"Australia/Lord_Howe", "2026-10-03T02:15:00+10:30", "P1D", "2026-10-04T02:45:00+11:00", "a gap of half an hour"},
		{"Africa/Monrovia", "1972-01-06T01:04:30Z", "P1D", "1972-01-07T01:04:30Z", "a gap of 44 minutes and a half"},
	} {
		d, err := caltime.ParseDuration(c.duration)
		require.NoError(t, err)
		got := d.AddTo(instant(t, c.at), zone(t, c.zone))
		want := instant(t, c.want)
		require.True(t, want.Equal(got), "%s: %s + %s: got %s, want %s", c.why, c.at, c.duration, got, want)
	}
}

func TestStartOfDay(t *testing.T) {
	saoPaulo := zone(t, "America/Sao_Paulo") // clocks went from 24:00 to 01:00 on 4 November 2018
	got := caltime.StartOfDay(instant(t, "2018-11-03T15:00:00-03:00"), 1, saoPaulo)
	require.Equal(t, "2018-11-04T01:00:00-02:00", got.Format(time.RFC3339))
}

func TestTimes(t *testing.T) {
	month := caltime.Duration{Months: 1}
	two, err := month.Times(2)
	require.NoError(t, err)
	require.Equal(t, "2026-03-31", two.AddTo(instant(t, "2026-01-31T00:00:00Z"), time.UTC).Format(time.DateOnly))
	_, err = month.Times(120_001)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = caltime.Duration{Elapsed: time.Hour}.Times(1 << 40)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	none, err := month.Times(0)
	require.NoError(t, err)
	require.True(t, none.IsZero())
}

func TestLaws(t *testing.T) {
	zones := []string{"UTC", "America/New_York", "Europe/London", "Asia/Shanghai", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(t, "zone")
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "unix"), 0).In(loc)

		// The instant of a clock reading shows that reading and is the first to do so.
		y, m, d := at.Date()
		h, mi, s := at.Clock()
		got := caltime.At(y, m, d, h, mi, s, 0, loc)
		if got.After(at) || got.Format(time.DateTime) != at.Format(time.DateTime) {
			t.Fatalf("At(%s) = %s", at, got)
		}
		// At agrees with time.Date where that is not ambiguous.
		if std := time.Date(y, m, d, h, mi, s, 0, loc); !std.Equal(got) && std.Format(time.DateTime) == got.Format(time.DateTime) && got.After(std) {
			t.Fatalf("At(%s) = %s is not the first: %s", at, got, std)
		}
		// Days are added on the calendar, whatever the clocks do.
		n := rapid.IntRange(0, 2000).Draw(t, "days")
		later := caltime.Duration{Days: n}.AddTo(at, loc)
		if want := time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC); name != "Pacific/Apia" && later.Format(time.DateOnly) != want.Format(time.DateOnly) {
			t.Fatalf("%s + %d days = %s", at, n, later)
		}
		// A longer duration never ends earlier.
		months := rapid.IntRange(0, 200).Draw(t, "months")
		if caltime.Duration.AddTo(caltime.Duration{Months: months}, at, loc).After(caltime.Duration{Months: months + 1}.AddTo(at, loc)) {
			t.Fatalf("%s: %d months end later than %d", at, months, months+1)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"P1Y2M3W4DT5H6M7S", "P", "PT", "P1DT", "P00D", "PT1M", "P1M", "P99999999999Y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := caltime.ParseDuration(s)
		if err != nil {
			if !errors.Is(err, flywheel.ErrInvalid) && !errors.Is(err, flywheel.ErrOutOfRange) && !errors.Is(err, flywheel.ErrLimit) {
				t.Fatalf("%q: error without a kind: %v", s, err)
			}
			return
		}
		again, err := caltime.ParseDuration(d.String())
		if err != nil || again != d {
			t.Fatalf("%q = %v; again %v, %v", s, d, again, err)
		}
	})
}

func BenchmarkAddTo(b *testing.B) {
	at := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	year := caltime.Duration{Months: 12}
	for _, name := range []string{"UTC", "America/New_York"} {
		loc := zone(b, name)
		b.Run("zone="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				year.AddTo(at, loc)
			}
		})
	}
}
