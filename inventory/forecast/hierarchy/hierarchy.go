package hierarchy

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// MaxSeries bounds the series of a hierarchy.
const MaxSeries = 20_000

// Hierarchy is a list of series, the sums first and then the bottom series.
type Hierarchy struct {
	names  []string
	sums   [][]int // by series that is a sum: its bottom series, in order
	bottom int     // number of bottom series
}

// New returns the hierarchy of a number of bottom series and the given sums, each a
// list of bottom series counted from 0. Sums may overlap, as those by category
// and by region do.
func New(bottom int, sums [][]int) (*Hierarchy, error) {
	if bottom < 1 {
		return nil, fmt.Errorf("hierarchy: %d bottom series, want at least 1: %w", bottom, flywheel.ErrInvalid)
	}
	if bottom+len(sums) > MaxSeries {
		return nil, fmt.Errorf("hierarchy: %d series, at most %d: %w", bottom+len(sums), MaxSeries, flywheel.ErrLimit)
	}
	h := &Hierarchy{bottom: bottom}
	for i, sum := range sums {
		members := slices.Clone(sum)
		slices.Sort(members)
		if len(members) == 0 || len(slices.Compact(slices.Clone(members))) < len(members) || members[0] < 0 || members[len(members)-1] >= bottom {
			return nil, fmt.Errorf("hierarchy: sum %d is %v, want different bottom series from 0 to %d: %w", i, sum, bottom-1, flywheel.ErrInvalid)
		}
		h.sums = append(h.sums, members)
		h.names = append(h.names, "sum "+strconv.Itoa(i))
	}
	for i := range bottom {
		h.names = append(h.names, "bottom "+strconv.Itoa(i))
	}
	return h, nil
}

// FromPaths returns the hierarchy of bottom series that each stand at the end of
// a path of the same length, such as region, category, item: the total, one sum
// for each beginning of a path, the shorter ones first, and the bottom series,
// all in the order in which they first appear.
func FromPaths(paths [][]string) (*Hierarchy, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("hierarchy: no paths: %w", flywheel.ErrInvalid)
	}
	depth := len(paths[0])
	var sums [][]int
	var names []string
	for length := range depth {
		index := map[string]int{}
		for i, path := range paths {
			if len(path) != depth {
				return nil, fmt.Errorf("hierarchy: path %d has %d parts, the first has %d: %w", i, len(path), depth, flywheel.ErrInvalid)
			}
			key := fmt.Sprintf("%q", path[:length])
			k, ok := index[key]
			if !ok {
				k = len(sums)
				index[key] = k
				sums = append(sums, nil)
				names = append(names, label(path[:length]))
			}
			sums[k] = append(sums[k], i)
		}
	}
	seen := map[string]int{}
	for i, path := range paths {
		key := fmt.Sprintf("%q", path)
		if first, ok := seen[key]; ok || depth == 0 {
			return nil, fmt.Errorf("hierarchy: path %d is empty or that of %d: %w", i, first, flywheel.ErrInvalid)
		}
		seen[key] = i
		names = append(names, label(path))
	}
	h, err := New(len(paths), sums)
	if err != nil {
		return nil, err
	}
	h.names = names
	return h, nil
}

func label(path []string) string {
	if len(path) == 0 {
		return "total"
	}
	return strings.Join(path, "/")
}

// Temporal returns the hierarchy of the sums over time of a number of periods: for
// 12 months the year, halves, thirds, quarters, pairs and months. Each level is
// a forecast of the same thing made from a longer or shorter grain.
func Temporal(periods int) (*Hierarchy, error) {
	if periods < 2 || periods > MaxSeries/4 {
		return nil, fmt.Errorf("hierarchy: %d periods, want 2 to %d: %w", periods, MaxSeries/4, flywheel.ErrOutOfRange)
	}
	var sums [][]int
	var names []string
	for width := periods; width > 1; width-- {
		if periods%width != 0 {
			continue
		}
		for start := 0; start < periods; start += width {
			var sum []int
			for i := range width {
				sum = append(sum, start+i)
			}
			sums = append(sums, sum)
			names = append(names, fmt.Sprintf("%d-%d", start+1, start+width))
		}
	}
	h, err := New(periods, sums)
	if err != nil {
		return nil, err
	}
	for i := range periods {
		names = append(names, strconv.Itoa(i+1))
	}
	h.names = names
	return h, nil
}

// Names returns a name for each series, in the order in which figures are given
// and returned.
func (h *Hierarchy) Names() []string { return slices.Clone(h.names) }

// Len returns the number of series, Bottom that of the bottom ones.
func (h *Hierarchy) Len() int { return len(h.sums) + h.bottom }

// Bottom returns the number of bottom series, which come last.
func (h *Hierarchy) Bottom() int { return h.bottom }

// Sum returns the figures of all series from those of the bottom series.
func (h *Hierarchy) Sum(bottom []float64) ([]float64, error) {
	if err := h.check("bottom figures", bottom, h.bottom); err != nil {
		return nil, err
	}
	return h.sum(bottom), nil
}

func (h *Hierarchy) sum(bottom []float64) []float64 {
	all := make([]float64, 0, h.Len())
	for _, members := range h.sums {
		sum := 0.0
		for _, i := range members {
			sum += bottom[i]
		}
		all = append(all, sum)
	}
	return append(all, bottom...)
}

// spread is the transpose of sum: what each bottom series gets of all.
func (h *Hierarchy) spread(all []float64) []float64 {
	bottom := slices.Clone(all[len(h.sums):])
	for k, members := range h.sums {
		for _, i := range members {
			bottom[i] += all[k]
		}
	}
	return bottom
}

func (h *Hierarchy) check(what string, figures []float64, n int) error {
	if len(figures) != n {
		return fmt.Errorf("hierarchy: %d %s, want %d: %w", len(figures), what, n, flywheel.ErrInvalid)
	}
	for i, v := range figures {
		if math.IsNaN(v) || math.Abs(v) > 1e150 {
			return fmt.Errorf("hierarchy: %s: number %d is %g: %w", what, i, v, flywheel.ErrOutOfRange)
		}
	}
	return nil
}
