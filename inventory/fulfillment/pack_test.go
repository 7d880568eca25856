package fulfillment_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// sound wants every unit of the items in one box, within it, apart from the others,
// and not beyond what the box carries.
func sound(t *testing.T, items []fulfillment.Item, p fulfillment.Packing) {
	t.Helper()
	left := map[string]int64{}
	sizes := map[string]fulfillment.Size{}
	weight := map[string]int64{}
	for _, item := range items {
		left[item.Line], sizes[item.Line], weight[item.Line] = item.Quantity, item.Size, item.Weight
	}
	for _, box := range p.Boxes {
		inside, sum := box.Box.Inside, box.Box.Weight
		for i, g := range box.Goods {
			left[g.Line]--
			sum += weight[g.Line]
			require.True(t, g.Size.Fits(sizes[g.Line]) && sizes[g.Line].Fits(g.Size), "the unit itself, turned")
			require.True(t, g.X >= 0 && g.Y >= 0 && g.Z >= 0 && g.X+g.Size.Length <= inside.Length && g.Y+g.Size.Width <= inside.Width && g.Z+g.Size.Height <= inside.Height)
			for _, o := range box.Goods[:i] {
				overlap := func(a, la, b, lb int64) bool { return a < b+lb && b < a+la }
				require.False(t, overlap(g.X, g.Size.Length, o.X, o.Size.Length) && overlap(g.Y, g.Size.Width, o.Y, o.Size.Width) && overlap(g.Z, g.Size.Height, o.Z, o.Size.Height))
			}
		}
		require.Equal(t, sum, box.Weight)
		require.True(t, box.Box.Carries == 0 || sum-box.Box.Weight <= box.Box.Carries)
	}
	for line, n := range left {
		require.Zero(t, n, "line %s", line)
	}
}

// slowPack returns the fewest boxes, and the least space of as many, by trying every
// sharing over boxes and every whole coordinate.
func slowPack(sizes []fulfillment.Size, boxes []fulfillment.Box) (fewest int, space int64) {
	fits := map[int]int64{} // least space of a set, -1 when there is none
	one := func(set int) int64 {
		if v, ok := fits[set]; ok {
			return v
		}
		best := int64(-1)
		for _, b := range boxes {
			v := b.Inside.Length * b.Inside.Width * b.Inside.Height
			if best >= 0 && v >= best {
				continue
			}
			if slowPlace(sizes, set, b.Inside, map[[3]int64]bool{}) {
				best = v
			}
		}
		fits[set] = best
		return best
	}
	fewest = len(sizes) + 1
	var share func(i int, sets []int)
	share = func(i int, sets []int) {
		if i == len(sizes) {
			sum := int64(0)
			for _, s := range sets {
				v := one(s)
				if v < 0 {
					return
				}
				sum += v
			}
			if len(sets) < fewest || len(sets) == fewest && sum < space {
				fewest, space = len(sets), sum
			}
			return
		}
		for k := range sets {
			next := append([]int(nil), sets...)
			next[k] |= 1 << i
			share(i+1, next)
		}
		share(i+1, append(append([]int(nil), sets...), 1<<i))
	}
	share(0, nil)
	return fewest, space
}

// slowPlace puts the units of a set on a grid of cells.
func slowPlace(sizes []fulfillment.Size, set int, inside fulfillment.Size, taken map[[3]int64]bool) bool {
	i := 0
	for i < len(sizes) && set>>i&1 == 0 {
		i++
	}
	if i == len(sizes) {
		return true
	}
	s := sizes[i]
	for _, t := range [][3]int64{{s.Length, s.Width, s.Height}, {s.Length, s.Height, s.Width}, {s.Width, s.Length, s.Height}, {s.Width, s.Height, s.Length}, {s.Height, s.Length, s.Width}, {s.Height, s.Width, s.Length}} {
		for x := range inside.Length - t[0] + 1 {
			for y := range inside.Width - t[1] + 1 {
			next:
				for z := range inside.Height - t[2] + 1 {
					var cells [][3]int64
					for a := range t[0] {
						for b := range t[1] {
							for c := range t[2] {
								cell := [3]int64{x + a, y + b, z + c}
								if taken[cell] {
									continue next
								}
								cells = append(cells, cell)
							}
						}
					}
					for _, c := range cells {
						taken[c] = true
					}
					if slowPlace(sizes, set&^(1<<i), inside, taken) {
						return true
					}
					for _, c := range cells {
						delete(taken, c)
					}
				}
			}
		}
	}
	return false
}

func TestPackAsExhaustively(t *testing.T) {
	proven, several := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		boxes := []fulfillment.Box{
			{ID: "s", Inside: fulfillment.Size{Length: 3, Width: 2, Height: 2}},
			{ID: "l", Inside: fulfillment.Size{Length: 3, Width: 3, Height: 3}},
		}
		var items []fulfillment.Item
		var sizes []fulfillment.Size
		for i := range 1 + r.IntN(4) {
			s := fulfillment.Size{Length: 1 + r.Int64N(3), Width: 1 + r.Int64N(3), Height: 1 + r.Int64N(2)}
			sizes = append(sizes, s)
			items = append(items, fulfillment.Item{Line: fmt.Sprint(i), SKU: "a", Quantity: 1, Size: s})
		}
		got, err := fulfillment.Pack(items, boxes)
		require.NoError(t, err)
		sound(t, items, got)
		fewest, space := slowPack(sizes, boxes)
		require.LessOrEqual(t, got.Least, fewest, "seed %d", seed)
		require.GreaterOrEqual(t, len(got.Boxes), fewest)
		if got.Best {
			proven++
			sum := int64(0)
			for _, b := range got.Boxes {
				sum += b.Box.Inside.Length * b.Box.Inside.Width * b.Box.Inside.Height
			}
			require.Equal(t, fewest, len(got.Boxes), "seed %d: %v", seed, sizes)
			require.Equal(t, space, sum, "seed %d: %v", seed, sizes)
		}
		if fewest > 1 {
			several++
		}
	}
	require.Greater(t, proven, 35)
	require.Greater(t, several, 3)
}

func TestPackMany(t *testing.T) {
	boxes := []fulfillment.Box{
		{ID: "small", Inside: fulfillment.Size{Length: 200, Width: 150, Height: 100}, Carries: 5_000, Weight: 80},
		{ID: "large", Inside: fulfillment.Size{Length: 600, Width: 400, Height: 400}, Carries: 20_000, Weight: 600},
	}
	items := []fulfillment.Item{
		{Line: "1", SKU: "mug", Quantity: 40, Weight: 400, Size: fulfillment.Size{Length: 120, Width: 100, Height: 100}},
		{Line: "2", SKU: "lamp", Quantity: 3, Weight: 3_000, Size: fulfillment.Size{Length: 300, Width: 300, Height: 380}},
		{Line: "3", SKU: "ebook", Quantity: 9, Download: true},
	}
	got, err := fulfillment.Pack(items, boxes)
	require.NoError(t, err)
	sound(t, items[:2], got)
	require.GreaterOrEqual(t, len(got.Boxes), got.Least)
	require.LessOrEqual(t, len(got.Boxes), 2*got.Least)
	again, err := fulfillment.Pack(items, boxes)
	require.NoError(t, err)
	require.Equal(t, got, again)
}

func TestPackRefuses(t *testing.T) {
	box := []fulfillment.Box{{ID: "b", Inside: fulfillment.Size{Length: 10, Width: 10, Height: 10}, Carries: 5}}
	item := fulfillment.Item{Line: "1", SKU: "a", Quantity: 1, Size: fulfillment.Size{Length: 1, Width: 1, Height: 1}}
	for name, c := range map[string]struct {
		change func(*fulfillment.Item)
		kind   error
	}{
		"no size":   {func(i *fulfillment.Item) { i.Size = fulfillment.Size{} }, flywheel.ErrInvalid},
		"too large": {func(i *fulfillment.Item) { i.Size.Length = 11 }, flywheel.ErrNotFound},
		"too heavy": {func(i *fulfillment.Item) { i.Weight = 6 }, flywheel.ErrNotFound},
		"too many":  {func(i *fulfillment.Item) { i.Quantity = fulfillment.MaxPacked + 1 }, flywheel.ErrOutOfRange},
		"none":      {func(i *fulfillment.Item) { i.Quantity = 0 }, flywheel.ErrOutOfRange},
	} {
		bad := item
		c.change(&bad)
		_, err := fulfillment.Pack([]fulfillment.Item{bad}, box)
		require.ErrorIs(t, err, c.kind, name)
	}
	_, err := fulfillment.Pack([]fulfillment.Item{item}, []fulfillment.Box{{ID: "flat", Inside: fulfillment.Size{Length: 10, Width: 10}}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
