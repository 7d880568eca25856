package tax_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func levied(code, rate string) tax.Tax { return tax.Tax{Code: code, Rate: money.MustRate(rate)} }

// Germany lowered its rates for the second half of 2020; Quebec adds its own tax
// to Canada's; a city in California to the state's.
var entries = []tax.Entry{
	{Place: tax.Place{Country: "DE"}, Tax: levied("VAT", "0.19"), Until: day(2020, 7, 1)},
	{Place: tax.Place{Country: "DE"}, Tax: levied("VAT", "0.16"), From: day(2020, 7, 1), Until: day(2021, 1, 1)},
	{Place: tax.Place{Country: "DE"}, Tax: levied("VAT", "0.19"), From: day(2021, 1, 1)},
	{Place: tax.Place{Country: "DE"}, Class: "books", Tax: levied("VAT", "0.07")},
	{Place: tax.Place{Country: "DE", Postal: "27498"}, Tax: levied("VAT", "0")}, // Heligoland
	{Place: tax.Place{Country: "CA"}, Tax: levied("GST", "0.05")},
	{Place: tax.Place{Country: "CA", Region: "QC"}, Tax: levied("QST", "0.09975")},
	{Place: tax.Place{Country: "CA", Region: "QC"}, Class: "books", Tax: levied("QST", "0")},
	{Place: tax.Place{Country: "US", Region: "CA"}, Tax: levied("STATE", "0.0725")},
	{Place: tax.Place{Country: "US", Region: "CA", Postal: "902"}, Tax: levied("LOCAL", "0.0225")},
	{Place: tax.Place{Country: "US", Region: "CA", Postal: "90210"}, Tax: levied("LOCAL", "0.025")},
}

func TestTable(t *testing.T) {
	table, err := tax.NewTable(entries, []tax.Exemption{
		{Customer: "charity", Country: "US", Region: "CA", Reason: "certificate 12", Until: day(2026, 1, 1)},
	})
	require.NoError(t, err)
	ca := tax.Place{Country: "US", Region: "CA", Postal: "90210"}
	for _, c := range []struct {
		name   string
		q      tax.Query
		taxes  []tax.Tax
		reason string
	}{
		{"the last moment before", tax.Query{Place: tax.Place{Country: "DE"}, At: day(2020, 7, 1).Add(-1)}, []tax.Tax{levied("VAT", "0.19")}, ""},
		{"from the first moment on", tax.Query{Place: tax.Place{Country: "DE"}, At: day(2020, 7, 1)}, []tax.Tax{levied("VAT", "0.16")}, ""},
		{"until the end", tax.Query{Place: tax.Place{Country: "DE"}, At: day(2021, 1, 1)}, []tax.Tax{levied("VAT", "0.19")}, ""},
		{"a class", tax.Query{Place: tax.Place{Country: "DE"}, Class: "books", At: day(2020, 8, 1)}, []tax.Tax{levied("VAT", "0.07")}, ""},
		{"a class without an entry", tax.Query{Place: tax.Place{Country: "DE"}, Class: "toys", At: day(2022, 8, 1)}, []tax.Tax{levied("VAT", "0.19")}, ""},
		{"a place before a class", tax.Query{Place: tax.Place{Country: "DE", Postal: "27498"}, Class: "books", At: day(2022, 8, 1)}, []tax.Tax{levied("VAT", "0")}, ""},
		{"two levels", tax.Query{Place: tax.Place{Country: "CA", Region: "QC"}, At: day(2022, 8, 1)}, []tax.Tax{levied("GST", "0.05"), levied("QST", "0.09975")}, ""},
		{"one of two", tax.Query{Place: tax.Place{Country: "CA", Region: "QC"}, Class: "books", At: day(2022, 8, 1)}, []tax.Tax{levied("GST", "0.05"), levied("QST", "0")}, ""},
		{"elsewhere in the country", tax.Query{Place: tax.Place{Country: "CA", Region: "AB"}, At: day(2022, 8, 1)}, []tax.Tax{levied("GST", "0.05")}, ""},
		{"the longest postal code", tax.Query{Place: ca, At: day(2022, 8, 1)}, []tax.Tax{levied("STATE", "0.0725"), levied("LOCAL", "0.025")}, ""},
		{"exempt", tax.Query{Place: ca, At: day(2022, 8, 1), Customer: "charity"}, []tax.Tax{levied("STATE", "0.0725"), levied("LOCAL", "0.025")}, "certificate 12"},
		{"no longer exempt", tax.Query{Place: ca, At: day(2026, 1, 1), Customer: "charity"}, []tax.Tax{levied("STATE", "0.0725"), levied("LOCAL", "0.025")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := table.Taxes(t.Context(), c.q)
			require.NoError(t, err)
			require.Equal(t, tax.Decision{Taxes: c.taxes, Exempt: c.reason != "", Reason: c.reason}, d)
		})
	}
	for _, c := range []struct {
		field string
		kind  error
		q     tax.Query
	}{
		{"place", flywheel.ErrNotFound, tax.Query{Place: tax.Place{Country: "FR"}, At: day(2022, 1, 1)}},
		{"place", flywheel.ErrNotFound, tax.Query{Place: tax.Place{Country: "US", Region: "OR"}, At: day(2022, 1, 1)}},
		{"place.country", flywheel.ErrInvalid, tax.Query{Place: tax.Place{Country: "de"}, At: day(2022, 1, 1)}},
		{"place.postal", flywheel.ErrInvalid, tax.Query{Place: tax.Place{Country: "DE", Postal: "1\x00"}, At: day(2022, 1, 1)}},
		{"place.region", flywheel.ErrInvalid, tax.Query{Place: tax.Place{Country: "DE", Region: " "}, At: day(2022, 1, 1)}},
		{"at", flywheel.ErrInvalid, tax.Query{Place: tax.Place{Country: "DE"}}},
	} {
		_, err := table.Taxes(t.Context(), c.q)
		require.ErrorIs(t, err, c.kind)
		f, ok := errors.AsType[*tax.FieldError](err)
		require.True(t, ok)
		require.Equal(t, c.field, f.Field)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = table.Taxes(cancelled, tax.Query{Place: ca, At: day(2022, 1, 1)})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "US-CA 90210", ca.String())
}

func TestTableRefuses(t *testing.T) {
	de := tax.Place{Country: "DE"}
	for name, c := range map[string]struct {
		entry tax.Entry
		field string
	}{
		"overlap":      {tax.Entry{Place: de, Tax: levied("VAT", "0.2"), From: day(2020, 12, 31)}, "entries[11].from"},
		"country":      {tax.Entry{Place: tax.Place{Country: "Germany"}, Tax: levied("VAT", "0.2")}, "entries[11].place.country"},
		"rate":         {tax.Entry{Place: de, Tax: levied("X", "11")}, "entries[11].tax.rate"},
		"code":         {tax.Entry{Place: de, Tax: levied("", "0.1")}, "entries[11].tax.code"},
		"class":        {tax.Entry{Place: de, Class: "\n", Tax: levied("X", "0.1")}, "entries[11].class"},
		"empty window": {tax.Entry{Place: de, Tax: levied("X", "0.1"), From: day(2021, 1, 1), Until: day(2021, 1, 1)}, "entries[11].until"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tax.NewTable(append(entries[:len(entries):len(entries)], c.entry), nil)
			var f *tax.FieldError
			require.ErrorAs(t, err, &f)
			require.Equal(t, c.field, f.Field)
		})
	}
	for field, x := range map[string]tax.Exemption{
		"exemptions[0].customer": {Country: "DE"},
		"exemptions[0].country":  {Customer: "c"},
		"exemptions[0].until":    {Customer: "c", Country: "DE", From: day(2021, 1, 1), Until: day(2020, 1, 1)},
	} {
		_, err := tax.NewTable(nil, []tax.Exemption{x})
		var f *tax.FieldError
		require.ErrorAs(t, err, &f)
		require.Equal(t, field, f.Field)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}

// A postal code is the same however it is written.
func TestPostalCode(t *testing.T) {
	table, err := tax.NewTable([]tax.Entry{
		{Place: tax.Place{Country: "GB"}, Tax: levied("VAT", "0.2")},
		{Place: tax.Place{Country: "GB", Postal: "bt"}, Tax: levied("VAT", "0.05")},
	}, nil)
	require.NoError(t, err)
	for _, postal := range []string{"BT1 1AA", "bt1 1aa", " BT1-1aa"[1:]} {
		d, err := table.Taxes(t.Context(), tax.Query{Place: tax.Place{Country: "GB", Postal: postal}, At: day(2026, 1, 1)})
		require.NoError(t, err)
		require.Equal(t, []tax.Tax{levied("VAT", "0.05")}, d.Taxes, postal)
	}
	_, err = tax.NewTable([]tax.Entry{
		{Place: tax.Place{Country: "GB", Postal: "BT"}, Tax: levied("VAT", "0.2")},
		{Place: tax.Place{Country: "GB", Postal: "bt"}, Tax: levied("VAT", "0.05")},
	}, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid, "one place in two forms")
}

func TestDistanceSale(t *testing.T) {
	eur := func(n int64) money.Amount { return money.New(n*100, money.EUR) }
	for _, c := range []struct {
		name string
		sale tax.DistanceSale
		want tax.Treatment
	}{
		{"at home", tax.DistanceSale{Seller: "DE", Buyer: "DE", Before: eur(20_000), Net: eur(1)}, tax.TaxedAtOrigin},
		{"at home, under either name", tax.DistanceSale{Seller: "GR", Buyer: "EL", OptedIn: true}, tax.TaxedAtOrigin},
		{"at home to a business", tax.DistanceSale{Seller: "DE", Buyer: "DE", Business: true}, tax.TaxedAtOrigin},
		{"reaches the threshold", tax.DistanceSale{Seller: "DE", Buyer: "FR", Before: eur(9_999), Net: eur(1)}, tax.TaxedAtOrigin},
		{"goes beyond it", tax.DistanceSale{Seller: "DE", Buyer: "FR", Before: eur(9_999), Net: money.New(101, money.EUR)}, tax.TaxedAtDestination},
		{"a threshold of its own", tax.DistanceSale{Seller: "DE", Buyer: "FR", Net: eur(6), Threshold: eur(5)}, tax.TaxedAtDestination},
		{"chosen", tax.DistanceSale{Seller: "DE", Buyer: "FR", OptedIn: true}, tax.TaxedAtDestination},
		{"last year", tax.DistanceSale{Seller: "DE", Buyer: "FR", ExceededLastYear: true}, tax.TaxedAtDestination},
		{"to a business", tax.DistanceSale{Seller: "DE", Buyer: "FR", OptedIn: true, Business: true}, tax.ReverseCharge},
		{"to Belfast", tax.DistanceSale{Seller: "IE", Buyer: "XI", OptedIn: true}, tax.TaxedAtDestination},
		{"to Belfast, as people write it", tax.DistanceSale{Seller: "IE", Buyer: "GB", BuyerPostal: "bt1 1aa", OptedIn: true}, tax.TaxedAtDestination},
		{"a service to Belfast", tax.DistanceSale{Seller: "IE", Buyer: "XI", Service: true, OptedIn: true}, tax.OutsideUnion},
		{"a service to London", tax.DistanceSale{Seller: "IE", Buyer: "GB", Service: true, Business: true}, tax.OutsideUnion},
		{"to Monaco", tax.DistanceSale{Seller: "DE", Buyer: "MC", OptedIn: true}, tax.TaxedAtDestination},
		{"to a business in Monaco", tax.DistanceSale{Seller: "DE", Buyer: "MC", Business: true}, tax.ReverseCharge},
		{"from Monaco", tax.DistanceSale{Seller: "MC", Buyer: "IT", OptedIn: true}, tax.TaxedAtDestination},
		{"from Monaco to France", tax.DistanceSale{Seller: "MC", Buyer: "FR", OptedIn: true}, tax.TaxedAtOrigin},
		{"to Monaco with a French code", tax.DistanceSale{Seller: "FR", Buyer: "FR", BuyerPostal: "98000"}, tax.TaxedAtOrigin},
		{"to the Isle of Man", tax.DistanceSale{Seller: "DE", Buyer: "IM", OptedIn: true}, tax.Export},
		{"to Tenerife", tax.DistanceSale{Seller: "DE", Buyer: "ES", BuyerPostal: "38001", OptedIn: true}, tax.Export},
		{"from Madrid to Tenerife", tax.DistanceSale{Seller: "ES", Buyer: "ES", BuyerPostal: "38001"}, tax.Export},
		{"to Seville", tax.DistanceSale{Seller: "DE", Buyer: "ES", BuyerPostal: "41001", OptedIn: true}, tax.TaxedAtDestination},
		{"to Heligoland", tax.DistanceSale{Seller: "DE", Buyer: "DE", BuyerPostal: "27498"}, tax.Export},
		{"to Büsingen", tax.DistanceSale{Seller: "FR", Buyer: "DE", BuyerPostal: "78266", Business: true}, tax.Export},
		{"to Ceuta", tax.DistanceSale{Seller: "PT", Buyer: "ES", BuyerPostal: "51001"}, tax.Export},
		{"to Mount Athos", tax.DistanceSale{Seller: "DE", Buyer: "GR", BuyerPostal: "630 86"}, tax.Export},
		{"to Mariehamn", tax.DistanceSale{Seller: "SE", Buyer: "FI", BuyerPostal: "22100"}, tax.Export},
		{"to Åland by its own code", tax.DistanceSale{Seller: "SE", Buyer: "AX"}, tax.Export},
		{"to Guadeloupe", tax.DistanceSale{Seller: "FR", Buyer: "FR", BuyerPostal: "97110"}, tax.Export},
		{"to Livigno", tax.DistanceSale{Seller: "AT", Buyer: "IT", BuyerPostal: "23041"}, tax.Export},
		{"to Campione", tax.DistanceSale{Seller: "AT", Buyer: "IT", BuyerPostal: "22061"}, tax.Export},
		{"to London", tax.DistanceSale{Seller: "IE", Buyer: "GB", OptedIn: true, Business: true}, tax.Export},
	} {
		got, err := c.sale.Treatment()
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, got, c.name)
	}
	for field, sale := range map[string]tax.DistanceSale{
		"seller":    {Seller: "ES", SellerPostal: "35001", Buyer: "FR"},
		"buyer":     {Seller: "DE", Buyer: "france"},
		"before":    {Seller: "DE", Buyer: "FR", Before: eur(-1)},
		"net":       {Seller: "DE", Buyer: "FR", Before: eur(1), Net: money.New(1, money.PLN)},
		"threshold": {Seller: "DE", Buyer: "FR", Net: money.New(1, money.PLN)},
	} {
		_, err := sale.Treatment()
		var f *tax.FieldError
		require.ErrorAs(t, err, &f, field)
		require.Equal(t, field, f.Field)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	_, err := tax.DistanceSale{Seller: "US", Buyer: "FR"}.Treatment()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = tax.DistanceSale{Seller: "XI", Buyer: "FR", Service: true}.Treatment()
	require.ErrorIs(t, err, flywheel.ErrInvalid, "Northern Ireland is part of the area for goods")
	_, err = tax.DistanceSale{Seller: "DE", Buyer: "FR", Net: eur(-1)}.Treatment()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}
