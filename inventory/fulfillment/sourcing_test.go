package fulfillment_test

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// spread makes n places with costs, and plain items of which each place has a few.
func spread(r *rand.Rand, n, skus int, sameUnits bool) (places []fulfillment.Place, stock fulfillment.Stock, items []fulfillment.Item) {
	stock = fulfillment.Stock{}
	for i := range n {
		p := fulfillment.Place{ID: fulfillment.Location(fmt.Sprintf("place-%02d", i)), Priority: i, ParcelCost: r.Int64N(50), UnitCost: r.Int64N(9)}
		if sameUnits {
			p.UnitCost = 3
		}
		places = append(places, p)
	}
	for i := range skus {
		sku := flywheel.SKU(fmt.Sprint("S", i))
		free, sum := map[fulfillment.Location]int64{}, int64(0)
		for _, p := range places {
			if r.IntN(3) == 0 {
				free[p.ID] = 1 + r.Int64N(4)
				sum += free[p.ID]
			}
		}
		stock[sku] = fulfillment.Supply{Free: free}
		if sum > 0 {
			items = append(items, fulfillment.Item{Line: fmt.Sprint(i), SKU: sku, Quantity: 1 + r.Int64N(sum)})
		}
	}
	return places, stock, items
}

func costOf(places []fulfillment.Place, parcel int64, a *fulfillment.Allocation) (cost int64) {
	used := map[fulfillment.Location]bool{}
	for _, p := range a.Pieces {
		for _, place := range places {
			if place.ID != p.Location {
				continue
			}
			cost += p.Quantity * place.UnitCost
			if !used[place.ID] {
				used[place.ID] = true
				cost += parcel + place.ParcelCost
			}
		}
	}
	return cost
}

// cheapest returns the least cost over all sets of places, units from the cheapest
// place of the set first, which is best for each set where there are no kits.
func cheapest(places []fulfillment.Place, parcel int64, stock fulfillment.Stock, items []fulfillment.Item) int64 {
	best := int64(math.MaxInt64)
	for mask := 1; mask < 1<<len(places); mask++ {
		cost := int64(bits.OnesCount(uint(mask))) * parcel
		for i, p := range places {
			if mask>>i&1 == 1 {
				cost += p.ParcelCost
			}
		}
		for _, item := range items {
			left := item.Quantity
			for unit := range int64(9) {
				for i, p := range places {
					if mask>>i&1 == 1 && p.UnitCost == unit {
						n := min(left, stock[item.SKU].Free[p.ID])
						left -= n
						cost += n * unit
					}
				}
			}
			if left > 0 {
				cost = math.MaxInt64
				break
			}
		}
		best = min(best, cost)
	}
	return best
}

func TestCheapest(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		places, stock, items := spread(r, 1+r.IntN(7), 3, false)
		parcel := 1 + r.Int64N(60)
		network, err := fulfillment.New(fulfillment.Config{Places: places, Sourcing: fulfillment.Sourcing{Parcel: parcel}})
		require.NoError(t, err)
		got, err := network.Allocate(items, stock, "")
		require.NoError(t, err)
		require.Empty(t, got.Short)
		if len(items) > 0 {
			require.Equal(t, cheapest(places, parcel, stock, items), costOf(places, parcel, &got), "seed %d", seed)
		}
	}
}

// Beyond ExactPlaces the cost is within 1 + ln u of the best.
func TestCheapestOfMany(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 4))
		places, stock, items := spread(r, fulfillment.ExactPlaces+3, 4, true)
		network, err := fulfillment.New(fulfillment.Config{Places: places, Sourcing: fulfillment.Sourcing{Parcel: 10}})
		require.NoError(t, err)
		got, err := network.Allocate(items, stock, "")
		require.NoError(t, err)
		require.Empty(t, got.Short)
		units := int64(0)
		for _, item := range items {
			units += item.Quantity
		}
		best := cheapest(places, 10, stock, items)
		require.GreaterOrEqual(t, costOf(places, 10, &got), best)
		require.LessOrEqual(t, float64(costOf(places, 10, &got)), float64(best)*(1+math.Log(float64(units))))
	}
}

func TestFewestOfMany(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 5))
		places, stock, items := spread(r, 40, 6, true)
		network, err := fulfillment.New(fulfillment.Config{Places: places})
		require.NoError(t, err)
		got, err := network.Allocate(items, stock, "")
		require.NoError(t, err)
		require.Empty(t, got.Short)
		taken := map[string]int64{}
		for _, p := range got.Pieces {
			taken[p.Line] += p.Quantity
			require.LessOrEqual(t, p.Quantity, stock[p.SKU].Free[p.Location])
		}
		for _, item := range items {
			require.Equal(t, item.Quantity, taken[item.Line])
		}
		again, err := network.Allocate(items, stock, "")
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
}

func TestNearest(t *testing.T) {
	at := func(latitude, longitude float64) fulfillment.Address {
		return fulfillment.Address{Country: "DE", Latitude: &latitude, Longitude: &longitude}
	}
	network, err := fulfillment.New(fulfillment.Config{
		Sourcing: fulfillment.Sourcing{Kilometer: 1},
		Places: []fulfillment.Place{
			{ID: "berlin", Priority: 1, Latitude: 52.52, Longitude: 13.405},
			{ID: "munich", Priority: 2, Latitude: 48.137, Longitude: 11.575},
			{ID: "hamburg", Priority: 3, Latitude: 53.551, Longitude: 9.994},
		},
	})
	require.NoError(t, err)
	stock := fulfillment.Stock{
		"A": {Free: map[fulfillment.Location]int64{"berlin": 5, "munich": 5, "hamburg": 5}},
		"B": {Free: map[fulfillment.Location]int64{"berlin": 5, "munich": 1}},
	}
	for _, c := range []struct {
		name    string
		address fulfillment.Address
		items   []fulfillment.Item
		want    string
	}{
		{"Rosenheim is near Munich", at(47.857, 12.118), basket("A", 1), "1: 1 at munich"},
		{"Kiel is near Hamburg", at(54.323, 10.135), basket("A", 1), "1: 1 at hamburg"},
		{"one far parcel rather than a near and a far one", at(54.323, 10.135), basket("A", 1, "B", 2), "1: 1 at berlin\n2: 2 at berlin"},
		{"without coordinates by priority", fulfillment.Address{Country: "DE"}, basket("A", 1), "1: 1 at berlin"},
	} {
		got, err := network.AllocateTo(c.address, c.items, stock, "")
		require.NoError(t, err)
		require.Equal(t, c.want, written(&got), c.name)
	}
	_, err = network.AllocateTo(at(math.NaN(), 0), basket("A", 1), stock, "")
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
