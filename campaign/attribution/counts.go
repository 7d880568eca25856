package attribution

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// Counts are the counts of paths of a day, or of any other part of the data.
// Parts are added and taken away exactly: the counts of a month are those of its
// days in any order, and without a day they are what they would be without it.
// Counts are not safe for concurrent use; the zero value is not ready, see
// [NewCounts].
type Counts struct{ rows map[string]*count }

type count struct {
	conversions, nulls int64
	value              exact
}

// NewCounts returns empty counts.
func NewCounts() *Counts { return &Counts{map[string]*count{}} }

// Add counts paths: all of them, or none and a [*PathError].
func (c *Counts) Add(paths ...Path) error {
	for i := range paths {
		if err := paths[i].check(i); err != nil {
			return err
		}
	}
	part := &Counts{make(map[string]*count, len(paths))}
	for i := range paths {
		p := &paths[i]
		key := p.key()
		row := part.rows[key]
		if row == nil {
			row = &count{}
			part.rows[key] = row
		}
		row.conversions += p.Conversions
		row.nulls += p.Nulls
		row.value.add(p.Value)
		if row.conversions > maxCount || row.nulls > maxCount || row.value.hi > maxValue {
			return pathError(i, "conversions", fmt.Errorf("the sum over equal paths: %w", flywheel.ErrOutOfRange))
		}
	}
	return c.Merge(part)
}

// Merge adds the counts of another part, or changes nothing and returns an error
// that matches flywheel.ErrOutOfRange when a sum is too large.
func (c *Counts) Merge(o *Counts) error {
	for key, add := range o.rows {
		if row := c.rows[key]; row != nil && (row.conversions+add.conversions > maxCount || row.nulls+add.nulls > maxCount || row.value.hi+add.value.hi > maxValue) {
			return fmt.Errorf("attribution: the counts of %s: %w", show(key), flywheel.ErrOutOfRange)
		}
	}
	for key, add := range o.rows {
		row := c.rows[key]
		if row == nil {
			row = &count{}
			c.rows[key] = row
		}
		row.conversions += add.conversions
		row.nulls += add.nulls
		row.value.plus(add.value)
	}
	return nil
}

// Remove takes the counts of a part away that was added before. What was never
// added is an error that matches flywheel.ErrConflict; then nothing changes.
func (c *Counts) Remove(o *Counts) error {
	for key, less := range o.rows {
		row := c.rows[key]
		if row == nil {
			row = &count{}
		}
		value := row.value
		value.minus(less.value)
		if row.conversions < less.conversions || row.nulls < less.nulls || value.negative() || row.conversions == less.conversions && value != (exact{}) {
			return fmt.Errorf("attribution: the counts of %s were not added before: %w", show(key), flywheel.ErrConflict)
		}
	}
	for key, less := range o.rows {
		row := c.rows[key]
		if row == nil {
			continue // nothing was to be taken away
		}
		row.conversions -= less.conversions
		row.nulls -= less.nulls
		row.value.minus(less.value)
		if row.conversions == 0 && row.nulls == 0 {
			delete(c.rows, key)
		}
	}
	return nil
}

func show(key string) string {
	text := strings.ReplaceAll(key, string(separator), " > ")
	if len(text) > 120 {
		text = strings.ToValidUTF8(text[:120], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

// Len returns the number of different paths.
func (c *Counts) Len() int { return len(c.rows) }

// Set returns the counted paths, ready for models. Paths without conversions and
// nulls are left out.
func (c *Counts) Set() (*Set, error) {
	keys := slices.Sorted(maps.Keys(c.rows))
	keys = slices.DeleteFunc(keys, func(k string) bool { return c.rows[k].conversions == 0 && c.rows[k].nulls == 0 })
	rows := make([]tally, len(keys))
	for i, k := range keys {
		r := c.rows[k]
		rows[i] = tally{r.conversions, r.nulls, r.value.float()}
	}
	return newSet(keys, rows)
}

// row is the stored form of a count. Fraction holds the bits of the value behind
// the point, so that it is exact.
type row struct {
	Channels    []utm.ChannelGroup `json:"channels"`
	Conversions int64              `json:"conversions,omitempty"`
	Nulls       int64              `json:"nulls,omitempty"`
	Value       int64              `json:"value,omitempty"`
	Fraction    uint64             `json:"fraction,omitempty,string"`
}

// MarshalJSON writes the counts in order of their paths, exactly.
func (c *Counts) MarshalJSON() ([]byte, error) {
	rows := make([]row, 0, len(c.rows))
	for _, k := range slices.Sorted(maps.Keys(c.rows)) {
		r := c.rows[k]
		var channels []utm.ChannelGroup
		for name := range strings.SplitSeq(k, string(separator)) {
			channels = append(channels, utm.ChannelGroup(name))
		}
		rows = append(rows, row{channels, r.conversions, r.nulls, r.value.hi, r.value.lo})
	}
	return json.Marshal(rows)
}

// UnmarshalJSON reads what MarshalJSON wrote. On an error c is unchanged.
func (c *Counts) UnmarshalJSON(data []byte) error {
	var rows []row
	if err := json.Unmarshal(data, &rows); err != nil {
		return fmt.Errorf("attribution: counts: %w: %w", err, flywheel.ErrInvalid)
	}
	read := NewCounts()
	for i, r := range rows {
		p := Path{r.Channels, r.Conversions, float64(r.Value), r.Nulls}
		if err := p.check(i); err != nil {
			return err
		}
		key := p.key()
		if read.rows[key] != nil || r.Conversions == 0 && r.Fraction != 0 {
			return pathError(i, "channels", fmt.Errorf("twice, or a value without a conversion: %w", flywheel.ErrInvalid))
		}
		read.rows[key] = &count{r.Conversions, r.Nulls, exact{r.Value, r.Fraction}}
	}
	*c = *read
	return nil
}

// Top returns the n paths with most conversions, equal ones in order of their
// channels.
func (c *Counts) Top(n int) []Path {
	keys := slices.Collect(maps.Keys(c.rows))
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.rows[b].conversions, c.rows[a].conversions), strings.Compare(a, b))
	})
	keys = keys[:min(max(n, 0), len(keys))]
	out := make([]Path, len(keys))
	for i, k := range keys {
		r := c.rows[k]
		for name := range strings.SplitSeq(k, string(separator)) {
			out[i].Channels = append(out[i].Channels, utm.ChannelGroup(name))
		}
		out[i].Conversions, out[i].Nulls, out[i].Value = r.conversions, r.nulls, r.value.float()
	}
	return out
}
