package forecast

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func TestEaster(t *testing.T) {
	// R: timeDate::Easter. 1818 and 2285 are the earliest there are, 1943 and 2038
	// the latest.
	for year, want := range map[int]string{1818: "03-22", 1943: "04-25", 1961: "04-02", 2000: "04-23", 2024: "03-31", 2025: "04-20", 2026: "04-05", 2038: "04-25", 2285: "03-22"} {
		got, err := Easter(year)
		require.NoError(t, err)
		require.Equal(t, want, got.Format("01-02"), "%d", year)
		require.Equal(t, year, got.Year())
	}
	// Gauss's rule with the numbers of each century (Gauss, 1816).
	for year := 1583; year <= 9999; year++ {
		k := year / 100
		p, q := (13+8*k)/25, k/4
		m, n := (15-p+k-q)%30, (4+k-q)%7
		d := (19*(year%19) + m) % 30
		e := (2*(year%4) + 4*(year%7) + 6*d + n) % 7
		day := 22 + d + e
		if d == 29 && e == 6 || d == 28 && e == 6 && (11*m+11)%30 < 19 {
			day -= 7
		}
		got, err := Easter(year)
		require.NoError(t, err)
		require.Equal(t, date(year, time.March, day), got)
		require.Equal(t, time.Sunday, got.Weekday())
	}
	for _, year := range []int{1582, 10000, -5} {
		_, err := Easter(year)
		requireSetting(t, err)
	}
}

func requireSetting(t require.TestingT, err error) {
	_, ok := errors.AsType[*SettingError](err)
	require.True(t, ok, "%v", err)
}

func TestTradingDays(t *testing.T) {
	// February 2026 has each day four times, March five Sundays, Mondays and
	// Tuesdays.
	columns, err := Calendar{date(2026, 2, 14), Month, 2}.TradingDays()
	require.NoError(t, err)
	names := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	for i, want := range [][]float64{{0, 0}, {0, 0}, {0, -1}, {0, -1}, {0, -1}, {0, -1}} {
		require.Equal(t, Regressor{names[i], want}, columns[i])
	}
	length, err := Calendar{date(2026, 2, 14), Month, 2}.Length()
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{28 - 30.436875, 31 - 30.436875}, length.Values, 1e-12)

	_, err = Calendar{date(2026, 1, 1), Week, 2}.TradingDays()
	requireSetting(t, err)
	for _, p := range []Period{Day, Week} {
		_, err = Calendar{date(2026, 1, 1), p, 2}.Length()
		requireSetting(t, err)
	}
}

func TestHolidays(t *testing.T) {
	easter := func(years ...int) (dates []time.Time) {
		for _, y := range years {
			e, err := Easter(y)
			require.NoError(t, err)
			dates = append(dates, e)
		}
		return dates
	}
	// Easter 2024 is the 31st of March: with three days before and one after, four
	// are in March and one in April. 2025 it is the 20th of April.
	months := Calendar{date(2024, 1, 31), Month, 18}
	columns, err := months.Holidays(Holiday{Name: "Easter", Dates: easter(2020, 2024, 2025, 2030), Before: 3, After: 1})
	require.NoError(t, err)
	want := make([]float64, 18)
	want[2], want[3], want[15] = 4, 1, 5
	require.Equal(t, []Regressor{{"Easter", want}}, columns)

	days := Calendar{date(2026, 4, 2), Day, 6}
	columns, err = days.Holidays(
		Holiday{Name: "Easter", Dates: easter(2026), Before: 1, After: 1, Separate: true},
		Holiday{Name: "fair", Dates: []time.Time{date(2026, 4, 3), date(2026, 4, 4)}, After: 1})
	require.NoError(t, err)
	require.Equal(t, []Regressor{
		{"Easter-1", []float64{0, 0, 1, 0, 0, 0}},
		{"Easter", []float64{0, 0, 0, 1, 0, 0}},
		{"Easter+1", []float64{0, 0, 0, 0, 1, 0}},
		{"fair", []float64{0, 1, 1, 1, 0, 0}},
	}, columns)

	for _, h := range []Holiday{{Before: -1}, {After: 1000}, {Dates: []time.Time{{}}}, {Dates: []time.Time{date(20260, 1, 1)}}} {
		_, err = days.Holidays(h)
		requireSetting(t, err)
	}
}

func TestCalendarPromotions(t *testing.T) {
	weeks := Calendar{date(2026, 3, 2), Week, 4}
	r, err := weeks.Promotions("discount",
		Promotion{From: date(2026, 3, 5), To: date(2026, 3, 10), Depth: 0.35}, // 4 days and 2
		Promotion{From: date(2026, 3, 10), To: date(2026, 3, 10)},
		Promotion{From: date(2026, 3, 29), To: date(2026, 5, 1), Depth: 0.7}, // the last day
		Promotion{From: date(2025, 1, 1), To: date(2026, 3, 1), Depth: 0.7})  // before
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{0.2, 0.1 + 1/7.0, 0, 0.1}, r.Values, 1e-12)
	require.Equal(t, "discount", r.Name)
	for _, p := range []Promotion{
		{From: date(2026, 3, 5)}, {To: date(2026, 3, 5)}, {From: date(2026, 3, 5), To: date(2026, 3, 4)},
		{From: date(2026, 3, 5), To: date(2026, 3, 5), Depth: math.NaN()},
	} {
		_, err := weeks.Promotions("bad", p)
		requireSetting(t, err)
	}
}

func TestInterventions(t *testing.T) {
	r, err := LevelShift("new shop", 2, 4)
	require.NoError(t, err)
	require.Equal(t, Regressor{"new shop", []float64{0, 0, 1, 1}}, r)
	r, err = Pulse("strike", 1, 4)
	require.NoError(t, err)
	require.Equal(t, Regressor{"strike", []float64{0, 1, 0, 0}}, r)
	carried, err := r.Carry(0.5)
	require.NoError(t, err)
	require.Equal(t, Regressor{"strike", []float64{0, 1, 0.5, 0.25}}, carried)
	require.Equal(t, []float64{0, 1, 0, 0}, r.Values)
	for _, share := range []float64{-0.1, 1, math.NaN()} {
		_, err = r.Carry(share)
		requireSetting(t, err)
	}
	for _, at := range []int{-1, 4} {
		_, err = LevelShift("x", at, 4)
		requireSetting(t, err)
		_, err = Pulse("x", at, 4)
		requireSetting(t, err)
	}
	_, err = Pulse("x", 0, MaxPeriods+1)
	requireSetting(t, err)
}

func TestFourier(t *testing.T) {
	// R: fourier(ts(1:20, frequency = 7), K = 3)[20, ]
	columns, err := Fourier(7, 3, 20)
	require.NoError(t, err)
	for i, want := range []float64{-0.7818315, 0.6234898, -0.9749279, -0.2225209, -0.4338837, -0.9009689} {
		require.InDelta(t, want, columns[i].Values[19], 1e-7)
	}
	require.Equal(t, "sin 1/7", columns[0].Name)
	require.Equal(t, "cos 3/7", columns[5].Name)
	// R: fourier(ts(1:30, frequency = 12), K = 6)[29, ]
	columns, err = Fourier(12, 6, 30)
	require.NoError(t, err)
	require.Len(t, columns, 11)
	for i, want := range []float64{0.5, -0.8660254, -0.8660254, 0.5, 1, 0, -0.8660254, -0.5, 0.5, 0.8660254, -1} {
		require.InDelta(t, want, columns[i].Values[28], 1e-7)
	}
	for _, c := range []struct {
		season         float64
		pairs, periods int
	}{{1, 1, 9}, {math.NaN(), 1, 9}, {1e9, 1, 9}, {7, 0, 9}, {7, 4, 9}, {7, 1, 0}, {7, 1, MaxPeriods + 1}} {
		_, err := Fourier(c.season, c.pairs, c.periods)
		requireSetting(t, err)
	}
}

func TestCalendarErrors(t *testing.T) {
	for _, c := range []Calendar{
		{}, {Start: date(2026, 1, 1)}, {Start: date(2026, 1, 1), Periods: -1}, {Start: date(2026, 1, 1), Periods: MaxPeriods + 1},
		{Start: date(2026, 1, 1), Periods: 1, Period: 9}, {Start: date(10000, 1, 1), Periods: 1}, {Start: date(-3, 1, 1), Periods: 1},
	} {
		_, err := c.TradingDays()
		requireSetting(t, err)
		_, err = c.Length()
		requireSetting(t, err)
		_, err = c.Holidays()
		requireSetting(t, err)
		_, err = c.Promotions("x")
		requireSetting(t, err)
		_, ok := c.Index(date(2026, 1, 1))
		require.False(t, ok)
	}
	require.Equal(t, "Period(9)", Period(9).String())
	require.Equal(t, "quarter", Quarter.String())
}

// Against walking over all days: where a day lies, what weekdays a period has,
// what a holiday or a promotion covers. Neither the hour nor the place matter.
func TestCalendarByDays(t *testing.T) {
	places := []*time.Location{time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)}
	day := func(t *rapid.T, name string) time.Time {
		return time.Date(rapid.IntRange(1898, 1904).Draw(t, name+" year"), time.Month(rapid.IntRange(1, 12).Draw(t, name+" month")), rapid.IntRange(1, 31).Draw(t, name+" day"),
			rapid.IntRange(0, 23).Draw(t, name+" hour"), 30, 0, 0, rapid.SampledFrom(places).Draw(t, name+" place"))
	}
	plain := func(t time.Time) time.Time { return date(t.Year(), t.Month(), t.Day()) }
	rapid.Check(t, func(t *rapid.T) {
		c := Calendar{day(t, "start"), Period(rapid.IntRange(0, 3).Draw(t, "period")), rapid.IntRange(1, 20).Draw(t, "periods")}
		// The day each period begins on, by the calendar of package time.
		begins := make([]time.Time, c.Periods+1)
		for i := range begins {
			s := plain(c.Start)
			switch c.Period {
			case Day:
				begins[i] = s.AddDate(0, 0, i)
			case Week:
				begins[i] = s.AddDate(0, 0, 7*i)
			case Month:
				begins[i] = date(s.Year(), s.Month()+time.Month(i), 1)
			case Quarter:
				begins[i] = date(s.Year(), (s.Month()-1)/3*3+1+time.Month(3*i), 1)
			}
		}
		holiday := Holiday{Name: "h", Dates: []time.Time{day(t, "one"), day(t, "two")}, Before: rapid.IntRange(0, 40).Draw(t, "before"), After: rapid.IntRange(0, 3).Draw(t, "after")}
		promotion := Promotion{From: day(t, "from"), Depth: 0.5}
		promotion.To = promotion.From.AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "length"))
		holidays, err := c.Holidays(holiday)
		require.NoError(t, err)
		promotions, err := c.Promotions("p", promotion)
		require.NoError(t, err)
		for i, begin := range begins[:c.Periods] {
			var weekdays [7]float64
			covered, promoted, days := 0.0, 0.0, 0.0
			for d := begin; d.Before(begins[i+1]); d = d.AddDate(0, 0, 1) {
				got, ok := c.Index(d)
				require.True(t, ok)
				require.Equal(t, i, got)
				days++
				weekdays[d.Weekday()]++
				inside := false
				for _, h := range holiday.Dates {
					inside = inside || !d.Before(plain(h).AddDate(0, 0, -holiday.Before)) && !d.After(plain(h).AddDate(0, 0, holiday.After))
				}
				if inside {
					covered++
				}
				if !d.Before(plain(promotion.From)) && !d.After(plain(promotion.To)) {
					promoted += 0.5
				}
			}
			require.Equal(t, covered, holidays[0].Values[i])
			require.InDelta(t, promoted/days, promotions.Values[i], 1e-12)
			if c.Period != Week {
				columns, err := c.TradingDays()
				require.NoError(t, err)
				for k, column := range columns {
					require.Equal(t, weekdays[k+1]-weekdays[0], column.Values[i])
				}
			}
			if c.Period == Month || c.Period == Quarter {
				length, err := c.Length()
				require.NoError(t, err)
				require.InDelta(t, days-float64(c.Period.months())*30.436875, length.Values[i], 1e-12)
			}
		}
		_, ok := c.Index(begins[0].AddDate(0, 0, -1))
		require.False(t, ok)
		_, ok = c.Index(begins[c.Periods])
		require.False(t, ok)
	})
}
