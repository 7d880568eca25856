package fulfillment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func offers(t *testing.T, c fulfillment.Config, r fulfillment.Request) string {
	t.Helper()
	network, err := fulfillment.New(c)
	require.NoError(t, err)
	list, err := network.Offers(r)
	require.NoError(t, err)
	var lines []string
	for _, o := range list {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %d %s %s", o.ID, o.Charge.Minor(), o.Earliest, o.Latest)))
	}
	return strings.Join(lines, "\n")
}

// The dates and charges are those of the cases D01 to D15 and K06 to K09 of the
// checkout reference.
func TestOffers(t *testing.T) {
	german := fulfillment.Address{Country: "DE", Postcode: "10115"}
	monday := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC) // a Tuesday
	for _, c := range []struct {
		name    string
		items   []fulfillment.Item
		address fulfillment.Address
		value   int64
		at      time.Time
		want    string
	}{
		{"at the bound of a weight", basket("TEE", 5), german, 9995, monday,
			"standard 490 2026-03-12 2026-03-13\nexpress 1290 2026-03-12 2026-03-12\npickup-east 0 2026-03-11 2026-03-11"},
		{"above the bound of a weight", basket("TEE", 5, "PEN", 1), german, 10328, monday,
			"standard 690 2026-03-12 2026-03-13\nexpress 1290 2026-03-12 2026-03-12\npickup-east 0 2026-03-11 2026-03-11"},
		{"too heavy for any rate", basket("CHAIR", 4), german, 1, monday,
			"express 1290 2026-03-12 2026-03-25\npickup-east 0 2026-03-24 2026-03-24"},
		{"abroad by value", basket("BOOK", 2), fulfillment.Address{Country: "FR"}, 14999, monday,
			"europe 1490 2026-03-14 2026-03-17\npickup-east 0 2026-03-11 2026-03-11"},
		{"without an address", basket("MUG", 3), fulfillment.Address{}, 3570, monday, "pickup-east 0 2026-03-11 2026-03-11"},
		{"a place that does not have it", basket("LAMP", 1), fulfillment.Address{}, 11900, monday, ""},
		{"a minute before the cut-off", basket("MUG", 1), german, 1190, time.Date(2026, 3, 10, 12, 59, 0, 0, time.UTC),
			"standard 490 2026-03-12 2026-03-13\nexpress 1290 2026-03-12 2026-03-12\npickup-east 0 2026-03-11 2026-03-11"},
		{"at the cut-off", basket("MUG", 1), german, 1190, time.Date(2026, 3, 10, 13, 0, 0, 0, time.UTC),
			"standard 490 2026-03-13 2026-03-14\nexpress 1290 2026-03-13 2026-03-13\npickup-east 0 2026-03-12 2026-03-12"},
		{"before a long weekend", basket("PEN", 1), german, 333, time.Date(2026, 4, 2, 12, 30, 0, 0, time.UTC),
			"standard 490 2026-04-09 2026-04-10\nexpress 1290 2026-04-09 2026-04-09\npickup-east 0 2026-04-08 2026-04-08"},
		{"goods that express does not take", basket("MUG", 1, "GIN", 1), german, 4165, monday,
			"standard 690 2026-03-12 2026-03-13\npickup-east 0 2026-03-11 2026-03-11"},
		{"what is still to come", basket("GAME", 10, "PEN", 1), german, 60323, monday,
			"standard 690 2026-03-12 2026-04-10\nexpress 1290 2026-03-12 2026-04-09\npickup-east 0 2026-03-11 2026-04-08"},
		{"while something is short", basket("MUG", 16), german, 1, monday, "standard 1290\nexpress 1290\npickup-east 0"},
		{"no lines", nil, german, 0, monday, "standard 490\nexpress 1290\npickup-east 0"},
		{"only a download", basket("EBOOK", 2), german, 1712, monday, "standard 490\nexpress 1290\npickup-east 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, offers(t, shop(t), fulfillment.Request{
				Items: c.items, Stock: shelves(t), Address: c.address, Value: eur(c.value), At: c.at,
			}))
		})
	}
}

func TestFreeFrom(t *testing.T) {
	free := eur(5000)
	c := fulfillment.Config{Options: []fulfillment.Option{{
		ID: "post", Type: fulfillment.Shipping, Zones: []string{"US-NY", "DE"}, Rates: []fulfillment.Rate{{Price: eur(490)}}, FreeFrom: &free,
	}}}
	r := fulfillment.Request{Items: basket("EBOOK", 1), Stock: shelves(t), Address: fulfillment.Address{Country: "US", Region: "NY"}, Value: eur(5000)}
	require.Equal(t, "post 0", offers(t, c, r))
	r.Value = eur(4999)
	require.Equal(t, "post 490", offers(t, c, r))
	r.Address.Region = "CA"
	require.Empty(t, offers(t, c, r))
	network, err := fulfillment.New(c)
	require.NoError(t, err)
	require.False(t, network.Reaches(r.Address))
	require.True(t, network.Reaches(fulfillment.Address{Country: "DE"}))
	r.Address, r.Value = fulfillment.Address{Country: "DE"}, money.New(5000, money.USD)
	_, err = network.Offers(r)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestSizeAndWindow(t *testing.T) {
	c := shop(t)
	c.Options[0].Largest = fulfillment.Size{Length: 600, Width: 300, Height: 150}
	c.Options[1].Window = &fulfillment.Window{From: *clock(t, "08:00"), To: *clock(t, "12:00"), Days: []time.Weekday{time.Tuesday}}
	items := basket("LAMP", 1)
	items[0].Size = fulfillment.Size{Length: 150, Width: 590, Height: 300}
	r := fulfillment.Request{Items: items, Stock: shelves(t), Address: fulfillment.Address{Country: "DE"}, Value: eur(1), At: time.Date(2026, 3, 10, 10, 59, 0, 0, time.UTC)}
	require.Equal(t, "standard 690 2026-03-12 2026-03-13\nexpress 1290 2026-03-12 2026-03-12", offers(t, c, r))
	items[0].Size.Height = 301
	require.Equal(t, "express 1290 2026-03-12 2026-03-12", offers(t, c, r), "too large")
	r.At = r.At.Add(time.Minute)
	require.Empty(t, offers(t, c, r), "too late")
	r.At = r.At.AddDate(0, 0, 1).Add(-time.Hour)
	require.Empty(t, offers(t, c, r), "the wrong day")
}

func TestOwnCutOff(t *testing.T) {
	c := shop(t)
	two, none := 2, 0
	c.Places[1].CutOff, c.Places[1].Handling = clock(t, "12:00"), &two
	c.Places[0].CutOff, c.Places[0].Handling = clock(t, "16:00"), &none
	network, err := fulfillment.New(c)
	require.NoError(t, err)
	at := time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)
	a, err := network.Allocate(basket("LAMP", 1, "BOOK", 1), shelves(t), "")
	require.NoError(t, err)
	var got []string
	for _, p := range network.Parcels(&a, 1) {
		earliest, latest, err := network.Promise(&p, "standard", at)
		require.NoError(t, err)
		got = append(got, fmt.Sprintf("%s %s %s", p.Location, earliest, latest))
	}
	require.Equal(t, []string{"east 2026-03-18 2026-03-19", "west 2026-03-13 2026-03-14"}, got)
	_, _, err = network.Promise(&fulfillment.Parcel{Location: "north"}, "standard", at)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, _, err = network.Promise(&fulfillment.Parcel{Location: "east"}, "balloon", at)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	out, same, err := network.Promise(&fulfillment.Parcel{Location: "west"}, "", at)
	require.NoError(t, err)
	require.Equal(t, "2026-03-12 2026-03-12", out.String()+" "+same.String(), "when it is handed over")
}
