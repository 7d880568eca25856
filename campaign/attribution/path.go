package attribution

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// Path is a sequence of channels with what became of those who went along it.
type Path struct {
	Channels    []utm.ChannelGroup `json:"channels"`
	Conversions int64              `json:"conversions"`
	Value       float64            `json:"value"` // of all conversions, in one currency
	Nulls       int64              `json:"nulls"` // persons who did not convert
}

// Bounds of a path and of a set.
const (
	MaxTouches  = 10_000
	MaxChannels = 65_000
	maxCount    = 1 << 53 // so that counts are exact as float64
)

// PathError names the path and the field that is refused, such as "channels[3]".
type PathError struct {
	Index int // of the path in the input
	flywheel.FieldError
}

func (e *PathError) Error() string {
	return fmt.Sprintf("attribution: path %d: %s: %v", e.Index, e.Field, e.Err)
}

// Unwrap returns the error about the field, which wraps the cause.
func (e *PathError) Unwrap() error { return &e.FieldError }

func pathError(index int, field string, err error) error {
	return &PathError{index, flywheel.FieldError{Field: field, Err: err}}
}

// refuse names a field of anything else.
func refuse(field string, err error) error {
	return fmt.Errorf("attribution: %w", &flywheel.FieldError{Field: field, Err: err})
}

func (p *Path) check(index int) error {
	if err := p.checkCounts(index); err != nil {
		return err
	}
	for i, c := range p.Channels {
		if err := flywheel.CheckID(string(c)); err != nil {
			return pathError(index, fmt.Sprintf("channels[%d]", i), err)
		}
	}
	return nil
}

func (p *Path) checkCounts(index int) error {
	fail := func(field string, err error) error { return pathError(index, field, err) }
	switch {
	case len(p.Channels) == 0:
		return fail("channels", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	case len(p.Channels) > MaxTouches:
		return fail("channels", fmt.Errorf("%d, at most %d: %w", len(p.Channels), MaxTouches, flywheel.ErrLimit))
	case p.Conversions < 0 || p.Conversions > maxCount:
		return fail("conversions", fmt.Errorf("%d: %w", p.Conversions, flywheel.ErrOutOfRange))
	case p.Nulls < 0 || p.Nulls > maxCount:
		return fail("nulls", fmt.Errorf("%d: %w", p.Nulls, flywheel.ErrOutOfRange))
	case !(p.Value >= 0 && p.Value <= maxValue):
		return fail("value", fmt.Errorf("%v is not from 0 to %g: %w", p.Value, float64(maxValue), flywheel.ErrOutOfRange))
	case p.Value > 0 && p.Conversions == 0:
		return fail("value", fmt.Errorf("%v without a conversion: %w", p.Value, flywheel.ErrInvalid))
	}
	return nil
}

// key is what equal paths share. A channel's name holds no control characters.
func (p *Path) key() string {
	var b strings.Builder
	for i, c := range p.Channels {
		if i > 0 {
			b.WriteByte(separator)
		}
		b.WriteString(string(c))
	}
	return b.String()
}

const separator = '\x1f'

// Set is a set of paths that is ready for models. It is immutable and safe for
// concurrent use. Equal inputs, in any order, give equal sets.
type Set struct {
	channels []utm.ChannelGroup // in order of their names
	paths    []sequence         // in order of their channels
	totals   tally
}

// sequence is one path, with channels as indices.
type sequence struct {
	channels []uint16
	tally
}

type tally struct {
	conversions, nulls int64
	value              float64
}

// NewSet checks and compiles paths. Equal ones are added up. A path that cannot
// be used is a [*PathError]. O(n) in the touches, and sorting.
func NewSet(paths []Path) (*Set, error) {
	s := &Set{}
	touches := 0
	for i := range paths {
		touches += len(paths[i].Channels)
	}
	index := map[utm.ChannelGroup]uint16{} // in order of appearance
	all := make([]uint16, 0, touches)
	at := make(map[string]int32, len(paths))
	var values []exact
	for i := range paths {
		p := &paths[i]
		if err := p.checkCounts(i); err != nil {
			return nil, err
		}
		from := len(all)
		for k, c := range p.Channels {
			id, known := index[c]
			if !known {
				if err := flywheel.CheckID(string(c)); err != nil {
					return nil, pathError(i, fmt.Sprintf("channels[%d]", k), err)
				}
				if len(s.channels) == MaxChannels {
					return nil, tooManyChannels()
				}
				id = uint16(len(s.channels))
				index[c] = id
				s.channels = append(s.channels, c)
			}
			all = append(all, id)
		}
		channels := all[from:len(all):len(all)]
		key := bytesOf(channels)
		k, seen := at[key]
		if !seen {
			k = int32(len(s.paths))
			at[key] = k
			s.paths = append(s.paths, sequence{channels: channels})
			values = append(values, exact{})
		}
		row := &s.paths[k]
		row.conversions += p.Conversions
		row.nulls += p.Nulls
		values[k].add(p.Value)
		if row.conversions > maxCount || row.nulls > maxCount || values[k].hi > maxValue {
			return nil, pathError(i, "conversions", fmt.Errorf("the sum over equal paths: %w", flywheel.ErrOutOfRange))
		}
	}
	for k := range s.paths {
		s.paths[k].value = values[k].float()
	}
	// A path without conversions and nulls says nothing, and neither do channels
	// that are on such paths alone.
	s.paths = slices.DeleteFunc(s.paths, func(p sequence) bool { return p.conversions == 0 && p.nulls == 0 })
	s.rank()
	return s, s.total()
}

func tooManyChannels() error {
	return refuse("channels", fmt.Errorf("more than %d: %w", MaxChannels, flywheel.ErrLimit))
}

// rank numbers the channels that are used by their names, and sorts the paths.
func (s *Set) rank() {
	used := make([]bool, len(s.channels))
	for i := range s.paths {
		for _, c := range s.paths[i].channels {
			used[c] = true
		}
	}
	order := make([]uint16, 0, len(s.channels))
	for i := range s.channels {
		if used[i] {
			order = append(order, uint16(i))
		}
	}
	slices.SortFunc(order, func(a, b uint16) int { return strings.Compare(string(s.channels[a]), string(s.channels[b])) })
	ranks := make([]uint16, len(s.channels))
	var names []utm.ChannelGroup
	for rank, i := range order {
		ranks[i] = uint16(rank)
		names = append(names, s.channels[i])
	}
	s.channels = names
	for i := range s.paths {
		for k, c := range s.paths[i].channels {
			s.paths[i].channels[k] = ranks[c]
		}
	}
	// Most paths are told apart by their first four channels, in one word.
	type place struct {
		key  uint64
		path int32
	}
	places := make([]place, len(s.paths))
	for i := range s.paths {
		key := uint64(0)
		for k := range 4 {
			key <<= 16
			if c := s.paths[i].channels; k < len(c) {
				key |= uint64(c[k]) + 1
			}
		}
		places[i] = place{key, int32(i)}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return slices.Compare(s.paths[a.path].channels, s.paths[b.path].channels)
	})
	sorted := make([]sequence, len(s.paths))
	for i, p := range places {
		sorted[i] = s.paths[p.path]
	}
	s.paths = sorted
}

func newSet(keys []string, rows []tally) (*Set, error) {
	s := &Set{}
	index := map[string]uint16{}
	touches := 0
	for _, key := range keys {
		for name := range strings.SplitSeq(key, string(separator)) {
			touches++
			if _, ok := index[name]; !ok {
				index[name] = 0
				s.channels = append(s.channels, utm.ChannelGroup(name))
			}
		}
	}
	if len(s.channels) > MaxChannels {
		return nil, tooManyChannels()
	}
	slices.Sort(s.channels)
	for i, name := range s.channels {
		index[string(name)] = uint16(i)
	}
	all := make([]uint16, 0, touches)
	s.paths = make([]sequence, len(keys))
	for i, key := range keys {
		from := len(all)
		for name := range strings.SplitSeq(key, string(separator)) {
			all = append(all, index[name])
		}
		s.paths[i] = sequence{all[from:len(all):len(all)], rows[i]}
	}
	return s, s.total()
}

func (s *Set) total() error {
	s.totals = tally{}
	var value exact
	for i := range s.paths {
		p := &s.paths[i]
		s.totals.conversions += p.conversions
		s.totals.nulls += p.nulls
		value.add(p.value)
		if s.totals.conversions > maxCount || s.totals.nulls > maxCount {
			return fmt.Errorf("attribution: more than 2^53 persons: %w", flywheel.ErrOutOfRange)
		}
	}
	if s.totals.value = value.float(); math.IsInf(s.totals.value, 0) {
		return fmt.Errorf("attribution: value: %w", flywheel.ErrOutOfRange)
	}
	return nil
}

// Channels returns the channels in order of their names.
func (s *Set) Channels() []utm.ChannelGroup { return slices.Clone(s.channels) }

// Totals returns the sums over all paths.
func (s *Set) Totals() (conversions, nulls int64, value float64) {
	return s.totals.conversions, s.totals.nulls, s.totals.value
}

// Len returns the number of different paths.
func (s *Set) Len() int { return len(s.paths) }

// Paths returns the different paths, ordered by their channels.
func (s *Set) Paths() []Path {
	out := make([]Path, len(s.paths))
	for i := range s.paths {
		out[i] = s.path(i)
	}
	return out
}

func (s *Set) path(i int) Path {
	p := &s.paths[i]
	channels := make([]utm.ChannelGroup, len(p.channels))
	for j, c := range p.channels {
		channels[j] = s.channels[c]
	}
	return Path{channels, p.conversions, p.value, p.nulls}
}

// bytesOf views channels as bytes, to look a window up in a map.
func bytesOf(channels []uint16) string {
	return unsafe.String((*byte)(unsafe.Pointer(unsafe.SliceData(channels))), 2*len(channels))
}
