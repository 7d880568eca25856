package table

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Raw returns the cell of the k-th wanted column with blanks trimmed, "" where
// the table lacks the column. It is valid until the next row.
func (r *Reader) Raw(k int) string {
	if at := r.at[k]; at >= 0 {
		return strings.TrimSpace(r.row[at])
	}
	return ""
}

// Missing reports whether a cell has no value: nothing, NA, N/A, NaN, null or a
// hyphen.
func (r *Reader) Missing(k int) bool {
	switch strings.ToLower(r.Raw(k)) {
	case "", "na", "n/a", "nan", "null", "none", "-", "–":
		return true
	}
	return false
}

// Text returns a cell that must not be empty. It is a copy.
func (r *Reader) Text(k int) (string, error) {
	cell := r.Raw(k)
	if cell == "" {
		return "", r.empty(k)
	}
	return strings.Clone(cell), nil
}

func (r *Reader) empty(k int) error {
	return r.Fail(k, fmt.Errorf("the cell is empty: %w", flywheel.ErrInvalid))
}

// Number returns a cell as a finite number. A percent sign divides by 100.
func (r *Reader) Number(k int) (float64, error) {
	cell := r.Raw(k)
	if cell == "" {
		return 0, r.empty(k)
	}
	v, err := r.number(cell)
	if err != nil {
		return 0, r.Fail(k, err)
	}
	return v, nil
}

// NumberBetween returns a cell as a number from least to most.
func (r *Reader) NumberBetween(k int, least, most float64) (float64, error) {
	v, err := r.Number(k)
	if err == nil && !(v >= least && v <= most) {
		err = r.Fail(k, fmt.Errorf("%s is not from %g to %g: %w", quote(r.Raw(k)), least, most, flywheel.ErrOutOfRange))
	}
	return v, err
}

// Int returns a cell as a whole number from least to most. A fraction of zeros,
// as spreadsheets write it, is accepted.
func (r *Reader) Int(k int, least, most int64) (int64, error) {
	cell := r.Raw(k)
	if cell == "" {
		return 0, r.empty(k)
	}
	n, err := strconv.ParseInt(cell, 10, 64)
	if err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return 0, r.Fail(k, fmt.Errorf("%s: %w", quote(cell), flywheel.ErrOutOfRange))
		}
		v, err := r.number(cell)
		if err != nil {
			return 0, r.Fail(k, err)
		}
		if v != math.Trunc(v) {
			return 0, r.Fail(k, fmt.Errorf("%s is no whole number: %w", quote(cell), flywheel.ErrInvalid))
		}
		if math.Abs(v) > 1<<53 {
			return 0, r.Fail(k, fmt.Errorf("%s: %w", quote(cell), flywheel.ErrOutOfRange))
		}
		n = int64(v)
	}
	if n < least || n > most {
		return 0, r.Fail(k, fmt.Errorf("%s is not from %d to %d: %w", quote(cell), least, most, flywheel.ErrOutOfRange))
	}
	return n, nil
}

// Bool returns a cell as a truth value: 1, true, yes, y, t, on or 0, false, no,
// n, f, off, in any case.
func (r *Reader) Bool(k int) (bool, error) {
	cell := r.Raw(k)
	switch strings.ToLower(cell) {
	case "1", "true", "yes", "y", "t", "on":
		return true, nil
	case "0", "false", "no", "n", "f", "off":
		return false, nil
	case "":
		return false, r.empty(k)
	}
	return false, r.Fail(k, fmt.Errorf("%s is neither yes nor no: %w", quote(cell), flywheel.ErrInvalid))
}

// quote quotes a cell, cut where it is long.
func quote(cell string) string {
	if len(cell) > 60 {
		return strconv.Quote(strings.ToValidUTF8(cell[:60], "")) + "…"
	}
	return strconv.Quote(cell)
}

func (r *Reader) number(cell string) (float64, error) {
	bad := func() (float64, error) { return 0, fmt.Errorf("%s is no number: %w", quote(cell), flywheel.ErrInvalid) }
	text, percent := strings.CutSuffix(cell, "%")
	text = strings.TrimSpace(text)
	if len(text) > 400 {
		return bad()
	}
	plain, err := r.plain(text)
	if err != nil {
		return 0, err
	}
	if plain == "" || strings.ContainsAny(plain, "xXpP_iInN") { // no hexadecimal, no infinity, no NaN
		return bad()
	}
	v, err := strconv.ParseFloat(plain, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%s: %w", quote(cell), flywheel.ErrOutOfRange)
	case err != nil:
		return bad()
	}
	if percent {
		v /= 100
	}
	return v, nil
}

// groupSigns part thousands, beside points and commas: blanks and apostrophes.
const groupSigns = " \u00a0\u202f'\u2019"

// plain rewrites a number with a decimal point and without marks of thousands,
// or returns "" where it is none.
func (r *Reader) plain(text string) (string, error) {
	if strings.ContainsAny(text, groupSigns) {
		parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(groupSigns, c) })
		for i, p := range parts {
			digits := strings.TrimLeft(p, "+-")
			if i > 0 {
				digits, _, _ = strings.Cut(strings.ReplaceAll(p, ",", "."), ".")
			}
			if i > 0 && len(digits) != 3 || i == 0 && (len(digits) > 3 || strings.ContainsAny(digits, ".,")) {
				return "", nil
			}
		}
		text = strings.Join(parts, "")
	}
	points, commas := strings.Count(text, "."), strings.Count(text, ",")
	decide := func(sign rune) error {
		if r.decimal == 0 {
			r.decimal, r.decimalLine = sign, r.line
		}
		if r.decimal != sign {
			where := ""
			if r.decimalLine > 0 {
				where = fmt.Sprintf(" of line %d", r.decimalLine)
			}
			return fmt.Errorf("%s contradicts the decimal %q%s (-decimal): %w", quote(text), r.decimal, where, flywheel.ErrInvalid)
		}
		return nil
	}
	grouped := func(text, sign string) bool { // 1,234,567 with or without a sign before it
		parts := strings.Split(strings.TrimLeft(text, "+-"), sign)
		for i, p := range parts {
			if i == 0 && (len(p) == 0 || len(p) > 3) || i > 0 && len(p) != 3 {
				return false
			}
		}
		return true
	}
	switch {
	case points == 0 && commas == 0:
		return text, nil
	case points > 0 && commas > 0:
		group, sign := ",", '.'
		if strings.LastIndex(text, ",") > strings.LastIndex(text, ".") {
			group, sign = ".", ','
		}
		whole, fraction, _ := strings.Cut(text, string(sign))
		if strings.Contains(fraction, group) || strings.ContainsRune(fraction, sign) {
			return "", nil
		}
		if !grouped(whole, group) {
			return "", nil
		}
		if err := decide(sign); err != nil {
			return "", err
		}
		return strings.ReplaceAll(whole, group, "") + "." + fraction, nil
	case points+commas > 1: // only thousands
		sign, other := ",", '.'
		if points > 0 {
			sign, other = ".", ','
		}
		if !grouped(text, sign) {
			return "", nil
		}
		if err := decide(other); err != nil {
			return "", err
		}
		return strings.ReplaceAll(text, sign, ""), nil
	case points == 1:
		if r.decimal == ',' {
			if !grouped(text, ".") {
				return "", decide('.')
			}
			return strings.Replace(text, ".", "", 1), nil
		}
		return text, decide('.')
	default: // one comma
		switch {
		case r.decimal == ',' || r.decimal == 0 && !grouped(text, ","):
			return strings.Replace(text, ",", ".", 1), decide(',')
		case r.decimal == '.' && grouped(text, ","):
			return strings.Replace(text, ",", "", 1), nil
		case r.decimal == '.':
			return "", decide(',')
		}
		return "", fmt.Errorf("%s can be read in two ways; say -decimal point or -decimal comma: %w", quote(text), flywheel.ErrInvalid)
	}
}

// Time returns a cell as an instant. A date without a time is its midnight, a
// month its first day.
func (r *Reader) Time(k int) (time.Time, error) {
	cell := r.Raw(k)
	if cell == "" {
		return time.Time{}, r.empty(k)
	}
	at, err := r.time(cell)
	if err != nil {
		return time.Time{}, r.Fail(k, err)
	}
	return at, nil
}

var clocks = []string{"", " 15:04", " 15:04:05", " 3:04 PM", " 3:04:05 PM"}

func (r *Reader) time(cell string) (time.Time, error) {
	zone := r.spec.Location
	if zone == nil {
		zone = time.UTC
	}
	bad := func() (time.Time, error) {
		return time.Time{}, fmt.Errorf("%s is no date or time: %w", quote(cell), flywheel.ErrInvalid)
	}
	if len(cell) > 64 {
		return bad()
	}
	if at, err := time.Parse(time.RFC3339Nano, cell); err == nil {
		return at, nil
	}
	day, clock := cell, ""
	if i := strings.IndexAny(cell, "T "); i >= 0 {
		day, clock = cell[:i], " "+strings.TrimSpace(cell[i+1:])
	}
	layout := ""
	switch {
	case len(day) == 8 && strings.Trim(day, "0123456789") == "":
		layout = "20060102"
	case len(day) >= 8 && strings.Count(day, "-") == 2 && strings.IndexByte(day, '-') == 4:
		layout = "2006-1-2"
	case len(day) == 7 && strings.Count(day, "-") == 1:
		layout = "2006-01"
	case strings.Count(day, "/") == 2 && strings.IndexByte(day, '/') == 4:
		layout = "2006/1/2"
	case strings.Count(day, ".") == 2:
		layout = "2.1.2006"
	case strings.Count(day, "/") == 2:
		order, err := r.dateOrder(day)
		if err != nil {
			return time.Time{}, err
		}
		layout = "1/2/2006"
		if order == DayFirst {
			layout = "2/1/2006"
		}
	default:
		return bad()
	}
	for _, c := range clocks {
		if at, err := time.ParseInLocation(layout+c, day+clock, zone); err == nil {
			return at, nil
		}
	}
	for _, c := range []string{" 15:04Z07:00", " 15:04:05Z07:00", " 15:04:05 -0700", " 15:04:05 -07:00", " 15:04:05 MST"} {
		if at, err := time.Parse(layout+c, day+clock); err == nil && (!strings.HasSuffix(c, "MST") || strings.HasSuffix(clock, " UTC") || strings.HasSuffix(clock, " GMT")) {
			return at, nil
		}
	}
	return bad()
}

// dateOrder tells days from months by a number above 12, or by what an earlier
// row has shown.
func (r *Reader) dateOrder(day string) (DateOrder, error) {
	parts := strings.Split(day, "/")
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	if errA != nil || errB != nil {
		return "", fmt.Errorf("%s is no date: %w", quote(day), flywheel.ErrInvalid)
	}
	shown := DateOrder("")
	switch {
	case a > 12 && b <= 12:
		shown = DayFirst
	case b > 12 && a <= 12:
		shown = MonthFirst
	case a == b && r.dates == "":
		return DayFirst, nil // the same either way
	}
	switch {
	case shown == "" && r.dates == "":
		return "", fmt.Errorf("%s can be read in two ways; say -dates dmy or -dates mdy: %w", quote(day), flywheel.ErrInvalid)
	case shown == "":
		return r.dates, nil
	case r.dates == "":
		r.dates, r.datesLine = shown, r.line
	case r.dates != shown:
		where := ""
		if r.datesLine > 0 {
			where = fmt.Sprintf(" of line %d", r.datesLine)
		}
		return "", fmt.Errorf("%s contradicts the order %s%s (-dates): %w", quote(day), r.dates, where, flywheel.ErrInvalid)
	}
	return shown, nil
}
