package campaign

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]Duration{
		"P1D": {Days: 1}, "P1Y2M3W4DT5H6M7S": {1, 2, 3, 4, 5*time.Hour + 6*time.Minute + 7*time.Second}, "PT0.25S": {Time: 250 * time.Millisecond},
		"PT90M": {Time: 90 * time.Minute}, "P0D": {}, "PT0S": {}, "P100Y": {Years: 100}, "PT1.000001S": {Time: time.Second + time.Microsecond},
	} {
		got, err := ParseDuration(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "P", "PT", "1D", "P1", "P1DT", "PD", "P-1D", "+P1D", "P1.5D", "PT1.5H", "PT1.S", "PT.5S", "P1D1Y", "P1H", "PT1D", "P1D ", "p1d", "P99999999999999999999D", "PT0.1234567S", "PT99999999999999999999S", "P1D2D"} {
		_, err := ParseDuration(text)
		require.ErrorIs(t, err, flywheel.ErrInvalid, "%q", text)
	}
	for _, text := range []string{"P101Y", "P36601D", "P1201M"} {
		_, err := ParseDuration(text)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, "%q", text)
	}
	require.Error(t, json.Unmarshal([]byte(`"P1X"`), new(Duration)))
	require.ErrorIs(t, Duration{Days: -1}.validate(), flywheel.ErrOutOfRange)
	require.ErrorIs(t, Duration{Time: -time.Second}.validate(), flywheel.ErrOutOfRange)
	require.ErrorIs(t, Duration{Time: time.Nanosecond}.validate(), flywheel.ErrOutOfRange, "times are kept to the microsecond")
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration{
			rapid.IntRange(0, 100).Draw(t, "years"), rapid.IntRange(0, 1200).Draw(t, "months"), rapid.IntRange(0, 5000).Draw(t, "weeks"), rapid.IntRange(0, 36600).Draw(t, "days"),
			time.Duration(rapid.Int64Range(0, maxElapsed.Microseconds()).Draw(t, "time")) * time.Microsecond,
		}
		data, err := json.Marshal(d)
		require.NoError(t, err)
		var again Duration
		require.NoError(t, json.Unmarshal(data, &again))
		require.Equal(t, d, again)
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"P1D", "PT1H30M", "P1Y2M3W4DT5H6M7.5S", "PT", "P", "P1.5D"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d {
			t.Fatalf("%q: %v becomes %v: %v", s, d, again, err)
		}
	})
}

func TestTimeOfDay(t *testing.T) {
	for _, text := range []string{"00:00", "09:05", "23:59"} {
		at, err := ParseTimeOfDay(text)
		require.NoError(t, err)
		require.Equal(t, text, at.String())
		require.False(t, at.IsZero())
	}
	for _, text := range []string{"", "9:05", "24:00", "10:60", "10:00:00", "10"} {
		_, err := ParseTimeOfDay(text)
		require.ErrorIs(t, err, flywheel.ErrInvalid, "%q", text)
	}
	require.Equal(t, "01:00", At(25, 0).String())
	require.Equal(t, "23:00", At(-1, 0).String())
	var none TimeOfDay
	require.NoError(t, json.Unmarshal([]byte(`""`), &none))
	require.True(t, none.IsZero())
	require.Empty(t, none.String())
	require.Error(t, json.Unmarshal([]byte(`"25:00"`), &none))
}

// zones have clocks that change by an hour, by half an hour, at midnight, or
// never.
var zones = []string{"America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Shanghai", "Europe/London", "Africa/Casablanca", "Asia/Beirut"}

// genInstant draws whole minutes, half of them near a change of the clocks.
func genInstant() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Unix(60*rapid.Int64Range(15_000_000, 30_000_000).Draw(t, "minute"), 0).In(place(rapid.SampledFrom(zones).Draw(t, "zone")))
		if _, change := at.ZoneBounds(); rapid.Bool().Draw(t, "near a change") && !change.IsZero() {
			at = change.Add(time.Duration(rapid.IntRange(-1500, 200).Draw(t, "minutes")) * time.Minute).In(at.Location())
		}
		return at.Truncate(time.Minute)
	})
}

// Stepping minute by minute, as slow as sure, for comparison.
func firstMinute(from time.Time, ok func(time.Time) bool) time.Time {
	for !ok(from) {
		from = from.Add(time.Minute)
	}
	return from
}

func TestQuietHoursAgainstStepping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := genInstant().Draw(t, "at")
		q := QuietHours{At(0, rapid.IntRange(0, 1439).Draw(t, "start")), At(0, rapid.IntRange(0, 1439).Draw(t, "end"))}
		want := firstMinute(at, func(x time.Time) bool {
			now, start, end := x.Format("15:04"), q.Start.String(), q.End.String()
			if start <= end {
				return now < start || now >= end
			}
			return now >= end && now < start
		})
		require.Equal(t, want, q.Release(at), "%v from %v", q, at)
	})
}

func TestUntilAgainstStepping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := genInstant().Draw(t, "at")
		clock := At(0, rapid.IntRange(0, 1439).Draw(t, "time of day"))
		weekdays := rapid.SliceOfNDistinct(rapid.IntRange(1, 7), 0, 3, rapid.ID).Draw(t, "weekdays")
		got := until(at, clock, weekdays)
		require.False(t, got.Before(at))
		// Where the wall clock shows the time, it is the first such minute of its
		// date; where it does not, clocks have just jumped over it.
		year, month, day := got.Date()
		if got.Format("15:04") == clock.String() {
			midnight := time.Date(year, month, day, 12, 0, 0, 0, got.Location()).Add(-16 * time.Hour)
			want := firstMinute(midnight, func(x time.Time) bool { return x.Day() == day && x.Format("15:04") == clock.String() })
			require.Equal(t, want, got)
		} else {
			start, _ := got.ZoneBounds()
			require.Less(t, got.Sub(start), 3*time.Hour, "only a gap moves a time of day: %v", got)
		}
		require.True(t, got.Format("15:04") != clock.String() || onWeekday(got.Weekday(), weekdays))
		// No earlier minute would have done.
		for x := at; x.Before(got); x = x.Add(time.Minute) {
			if x.Format("15:04") == clock.String() && onWeekday(x.Weekday(), weekdays) {
				// Only the second showing of a wall clock is passed over.
				earlier := firstMinute(x.Add(-26*time.Hour), func(y time.Time) bool { return y.Day() == x.Day() && y.Format("15:04") == x.Format("15:04") })
				require.NotEqual(t, x, earlier, "passed over %v", x)
			}
		}
	})
}

func TestDaysKeepTheWallClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := genInstant().Draw(t, "at")
		days := rapid.IntRange(1, 400).Draw(t, "days")
		got := Duration{Days: days}.Add(at)
		year, month, day := at.Date()
		wantDate := time.Date(year, month, day+days, 0, 0, 0, 0, time.UTC)
		if got.Format("15:04") == at.Format("15:04") {
			require.Equal(t, wantDate.Format(time.DateOnly), got.Format(time.DateOnly))
			before := got.Add(-12 * time.Hour)
			first := firstMinute(before, func(x time.Time) bool { return x.Format("15:04") == at.Format("15:04") })
			require.True(t, first.Equal(got) || first.Day() != got.Day(), "the first showing: %v, not %v", first, got)
		} else {
			_, offset := got.Zone()
			start, _ := got.ZoneBounds()
			_, before := start.Add(-1).Zone()
			wall := time.Date(got.Year(), got.Month(), got.Day(), got.Hour(), got.Minute(), 0, 0, time.UTC)
			require.Equal(t, at.Format("15:04"), wall.Add(time.Duration(before-offset)*time.Second).Format("15:04"), "moved by the gap")
		}
		elapsed := Duration{Time: time.Duration(days) * time.Hour}.Add(at)
		require.Equal(t, time.Duration(days)*time.Hour, elapsed.Sub(at))
	})
}

func TestMonthsClamp(t *testing.T) {
	for _, tt := range []struct{ from, duration, want string }{
		{"2024-01-31", "P1M", "2024-02-29"}, {"2023-01-31", "P1M", "2023-02-28"}, {"2024-02-29", "P1Y", "2025-02-28"},
		{"2024-12-31", "P2M", "2025-02-28"}, {"2024-01-30", "P1M1D", "2024-03-01"}, {"2024-01-31", "P1M1W", "2024-03-07"}, {"2024-06-15", "P18M", "2025-12-15"},
	} {
		from, err := time.Parse(time.DateOnly, tt.from)
		require.NoError(t, err)
		d, err := ParseDuration(tt.duration)
		require.NoError(t, err)
		require.Equal(t, tt.want, d.Add(from).Format(time.DateOnly), "%s + %s", tt.from, tt.duration)
	}
}

func TestRoomAgainstStepping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := genInstant().Draw(t, "at")
		channels := rapid.SampledFrom([]string{"email", "sms"})
		var sent []Sent
		for back := 6000; back > 0; {
			back -= rapid.IntRange(1, 2500).Draw(t, "gap")
			sent = append(sent, Sent{At: at.Add(-time.Duration(max(0, back)) * time.Minute), Channel: channels.Draw(t, "channel")})
		}
		caps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Cap {
			c := Cap{Max: rapid.IntRange(1, 3).Draw(t, "max")}
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				c.Window = Duration{Time: time.Duration(rapid.IntRange(1, 5000).Draw(t, "window")) * time.Minute}
			case 1:
				c.Per = CalendarDay
			default:
				c.Per = CalendarWeek
			}
			if rapid.Bool().Draw(t, "for a channel") {
				c.Channels = []string{channels.Draw(t, "channel")}
			}
			return c
		}), 0, 3).Draw(t, "caps")
		p := Policy{QuietHours: QuietHours{At(22, 0), At(0, rapid.IntRange(0, 600).Draw(t, "end"))}, Caps: caps}
		require.NoError(t, p.validate())
		channel := channels.Draw(t, "of")
		want := firstMinute(at, func(x time.Time) bool {
			if p.QuietHours.quiet(x) {
				return false
			}
			for _, c := range caps {
				count := 0
				for _, s := range sent {
					counts := false
					switch c.Per {
					case CalendarDay:
						counts = s.At.In(x.Location()).Format(time.DateOnly) == x.Format(time.DateOnly)
					case CalendarWeek:
						y1, w1 := s.At.In(x.Location()).ISOWeek()
						y2, w2 := x.ISOWeek()
						counts = y1 == y2 && w1 == w2
					default:
						counts = x.Sub(s.At) < c.Window.Time
					}
					if counts && c.covers(s.Channel) {
						count++
					}
				}
				if c.covers(channel) && count >= c.Max {
					return false
				}
			}
			return true
		})
		require.Equal(t, want, p.Room(sent, channel, at), "%+v %v", p, sent)
	})
}

func TestPolicyRefusals(t *testing.T) {
	for _, p := range []Policy{
		{Caps: []Cap{{Max: 0, Per: CalendarDay}}}, {Caps: []Cap{{Max: 1}}}, {Caps: []Cap{{Max: 1, Per: CalendarDay, Window: Duration{Days: 1}}}},
		{Caps: []Cap{{Max: 1, Per: "month"}}}, {Caps: []Cap{{Max: 1, Window: Duration{Months: 1}}}}, {Caps: []Cap{{Max: 1, Window: Duration{Days: -1}}}}, {OnCap: "drop"},
	} {
		_, err := New(nil, &Options{Policy: p})
		require.Error(t, err, "%+v", p)
	}
}
