package imports_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/imports"
)

func byEmail(email string) flywheel.CustomerID {
	name, _, _ := strings.Cut(email, "@")
	return flywheel.CustomerID(name)
}

const header = "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount," +
	"Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Cancelled at,Refunded Amount,Lineitem discount\n"

const orders = header +
	`#1001,Ann@Example.com,paid,2026-03-01 12:30:00 +0100,fulfilled,,no,EUR,25.00,4.90,4.77,29.90,SPRING,5.00,Standard,2026-03-01 12:29:58 +0100,2,"Mug, blue",12.50,,MUG-B,true,,0.00,0.00
#1001,,,,,,,,,,,,,,,,1,Lamp,5.00,,,true,,,5.00
#1002,bob@example.com,pending,,,,no,EUR,9.00,0,0,9.00,,,Standard,2026-03-02 08:00:00 +0100,1,Mug,9.00,,MUG,true,,,
#1003,cyd@example.com,refunded,2026-03-03 09:00:00 +0100,,,no,EUR,9.00,0,0,9.00,,,Standard,2026-03-03 08:00:00 +0100,1,Mug,9.00,,MUG,true,2026-03-04 10:00:00 +0100,9.00,
#1004,,partially_refunded,2026-03-05 09:00:00 +0100,,,no,JPY,900,0,0,900,,,Standard,2026-03-05 08:00:00 +0100,3,Mug,300,,MUG,true,,300,
`

func shopify(text string) ([]flywheel.Event, error) {
	return suite.Collect(imports.ShopifyOrders("orders.csv", strings.NewReader(text), imports.ShopifyOptions{Customer: byEmail}))
}

func TestShopifyOrders(t *testing.T) {
	events, err := shopify(orders)
	require.NoError(t, err)
	var got []string
	for _, e := range events {
		require.NoError(t, e.Validate())
		got = append(got, fmt.Sprint(e.ID, " ", e.Customer, " ", e.Time.Format(time.RFC3339), " ", e.Lines, " ", e.Value, " ", e.Properties))
	}
	require.Equal(t, []string{
		"purchase:shopify:#1001 ann 2026-03-01T11:30:00Z [{MUG-B 2 25.00 EUR} {Lamp 1 0.00 EUR}] 29.90 EUR map[discount:5 discount_code:SPRING shipping:4.9 tax:4.77]",
		"purchase:shopify:#1003 cyd 2026-03-03T08:00:00Z [{MUG 1 9.00 EUR}] 9.00 EUR map[]",
		"refund:shopify:#1003 cyd 2026-03-04T09:00:00Z [{MUG 1 9.00 EUR}] 9.00 EUR map[]",
		"purchase:shopify:#1004  2026-03-05T08:00:00Z [{MUG 3 900 JPY}] 900 JPY map[]",
		"refund:shopify:#1004  2026-03-05T08:00:00Z [] 300 JPY map[]",
	}, got)
}

// A row that cannot be read names its place, spoils its order alone, and nothing panics.
func TestShopifyRefuses(t *testing.T) {
	for _, c := range []struct{ from, to, place, kind string }{
		{"2,\"Mug, blue\"", "0,\"Mug, blue\"", "line 2,", "quantity"},
		{"2,\"Mug, blue\"", "two,\"Mug, blue\"", "line 2,", "quantity"},
		{",12.50,", ",12.505,", "line 2,", "price"},
		{",12.50,", ",1e9,", "line 2,", "price"},
		{"no,EUR,25.00", "no,EURO,25.00", "line 2,", "urrency"},
		{"2026-03-01 12:30:00 +0100", "yesterday", "line 2,", "Paid"},
		{",29.90,", ",9223372036854775807.00,", "line 2,", "Total"},
		{",1,Lamp,", ",1,\x00,", "line 3,", ""},
	} {
		require.Contains(t, orders, c.from)
		var refused error
		published := 0
		for _, err := range imports.ShopifyOrders("orders.csv", strings.NewReader(strings.Replace(orders, c.from, c.to, 1)), imports.ShopifyOptions{Customer: byEmail}) {
			if err != nil {
				refused = err
				continue
			}
			published++
		}
		require.ErrorContains(t, refused, "orders.csv: "+c.place, c.to)
		require.ErrorContains(t, refused, c.kind)
		_, ok := errors.AsType[*flywheel.FieldError](refused)
		require.True(t, ok, "%T", refused)
		require.Equal(t, 4, published, c.to)
	}
	_, err := shopify("Name,Email\n#1,a\n")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = shopify("")
	require.Error(t, err)
	_, err = suite.Collect(imports.ShopifyOrders("orders.csv", strings.NewReader(orders), imports.ShopifyOptions{}))
	require.ErrorIs(t, err, flywheel.ErrInvalid, "nobody says who an address is")
}

const ga4 = `{"event_date":"20260301","event_timestamp":"1772366400000001","event_name":"page_view","user_pseudo_id":"1.2","event_params":[{"key":"ga_session_id","value":{"int_value":"1772366400"}},{"key":"page_location","value":{"string_value":"https://shop.example/"}},{"key":"engaged","value":{"int_value":1}}],"device":{"category":"mobile"}}
{"event_timestamp":1772366400000001,"event_name":"page_view","user_pseudo_id":"1.2","event_params":[]}
{"event_timestamp":"1772366500000000","event_name":"view_item","user_pseudo_id":"1.2","event_params":[{"key":"currency","value":{"string_value":"EUR"}},{"key":"value","value":{"double_value":12.5}}],"items":[{"item_id":"MUG-B","item_name":"Mug","price":12.5,"quantity":null}]}

{"event_timestamp":"1772366600000000","event_name":"purchase","user_id":"ann","user_pseudo_id":"1.2","event_params":[{"key":"currency","value":{"string_value":"EUR"}},{"key":"coupon","value":{"string_value":"SPRING"}}],"ecommerce":{"transaction_id":"T1","purchase_revenue":29.9},"items":[{"item_id":"MUG-B","price":12.5,"quantity":"2"},{"item_id":"(not set)","item_name":"Lamp","price":0.1,"quantity":3}]}
{"event_timestamp":"1772366601000000","event_name":"refund","user_pseudo_id":"9.9","event_params":[{"key":"currency","value":{"string_value":"EUR"}},{"key":"transaction_id","value":{"string_value":"T1"}},{"key":"value","value":{"float_value":5}}]}
`

func readGA4(text string) ([]flywheel.Event, error) {
	return suite.Collect(imports.GA4("events.json", strings.NewReader(text), imports.GA4Options{}))
}

func TestGA4(t *testing.T) {
	events, err := readGA4("\ufeff" + ga4)
	require.NoError(t, err)
	var got []string
	seen := map[string]bool{}
	for _, e := range events {
		require.NoError(t, e.Validate())
		require.False(t, seen[e.ID], e.ID)
		seen[e.ID] = true
		got = append(got, fmt.Sprint(e.Name, " ", e.Customer, " ", e.Visitor, " ", e.Session, " ", e.Time.UnixMicro(), " ", e.Lines, " ", e.Value, " ", e.Ref, " ", e.Properties))
	}
	require.Equal(t, []string{
		"page_view  1.2 1.2.1772366400 1772366400000001 [] 0  map[engaged:1 page_location:https://shop.example/]",
		"page_view  1.2  1772366400000001 [] 0  map[]",
		"view_item  1.2  1772366500000000 [{MUG-B 1 12.50 EUR}] 12.50 EUR  map[]",
		"purchase ann 1.2  1772366600000000 [{MUG-B 2 25.00 EUR} {Lamp 3 0.30 EUR}] 29.90 EUR T1 map[coupon:SPRING]",
		"refund  9.9  1772366601000000 [] 5.00 EUR T1 map[]",
	}, got)
	require.Equal(t, "purchase:ga4:T1", events[3].ID)
	again, err := readGA4(ga4)
	require.NoError(t, err)
	require.Equal(t, events, again, "the same file makes the same events")
}

func TestGA4Refuses(t *testing.T) {
	for _, line := range []string{
		`[]`, `{`, `{"event_name":"x"}`, `{"event_timestamp":"x","event_name":"a","user_id":"u"}`, `{"event_timestamp":-1,"event_name":"a","user_id":"u"}`,
		`{"event_timestamp":"9999999999999999999","event_name":"a","user_id":"u"}`, `{"event_timestamp":1,"event_name":"","user_id":"u"}`,
		`{"event_timestamp":1,"event_name":"a"}`, `{"event_timestamp":1,"event_name":"a","event_name":"b","user_id":"u"}`,
		`{"event_timestamp":1,"event_name":"a","user_id":"u","items":[{"item_id":"x","quantity":-1}]}`,
		`{"event_timestamp":1,"event_name":"a","user_id":"u","items":[{"item_id":"","quantity":1}]}`,
		`{"event_timestamp":1,"event_name":"a","user_id":"u","event_params":[{"key":"currency","value":{"string_value":"ZZZ"}}]}`,
		`{"event_timestamp":1,"event_name":"a","user_id":"u","event_params":[{"value":{"int_value":1}}]}`,
		`{"event_timestamp":1,"event_name":"a","user_id":"u","ecommerce":{"purchase_revenue":1e999999999}}`,
		`{"event_timestamp":1,"event_name":"a","user_id":"u","ecommerce":{"purchase_revenue":"NaN"}}`,
		`{"event_timestamp":1,"event_name":"a","user_id":"u","event_params":[{"key":"currency","value":{"string_value":"EUR"}},{"key":"value","value":{"double_value":1e60}}]}`,
		strings.Repeat(`[`, 1000),
	} {
		events, err := readGA4(line)
		require.Error(t, err, line)
		require.Empty(t, events, line)
		e, ok := errors.AsType[*imports.LineError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, 1, e.Line)
	}
	_, err := readGA4(`{"a":"` + strings.Repeat("x", 5<<20) + `"}`)
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

// A file goes into the log once, however often it is imported, and around what is wrong
// in it.
func TestInto(t *testing.T) {
	ctx := t.Context()
	log, err := segment.NewLog(segment.NewMemoryLog(nil), &segment.LogOptions{Now: func() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) }})
	require.NoError(t, err)
	for range 2 {
		r, err := imports.Into(ctx, log, imports.ShopifyOrders("orders.csv", strings.NewReader(orders), imports.ShopifyOptions{Customer: byEmail}))
		require.NoError(t, err)
		require.Equal(t, imports.Result{Published: 5}, r)
		r, err = imports.Into(ctx, log, imports.GA4("events.json", strings.NewReader("{}\n"+ga4+"nonsense"), imports.GA4Options{Currency: money.USD}))
		require.NoError(t, err)
		require.Equal(t, 5, r.Published)
		require.Len(t, r.Refused, 2)
	}
	_, err = log.Number(ctx)
	require.NoError(t, err)
	entries, err := log.Read(ctx, 0, 100)
	require.NoError(t, err)
	require.Len(t, entries, 10)

	down := errors.New("the database is down")
	calls := 0
	sink := flywheel.SinkFunc(func(context.Context, ...flywheel.Event) error {
		if calls++; calls == 2 {
			return down
		}
		return nil
	})
	var long strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&long, "{\"event_timestamp\":%d,\"event_name\":\"a\",\"user_id\":\"u\"}\n", i)
	}
	r, err := imports.Into(ctx, sink, imports.GA4("events.json", strings.NewReader(long.String()), imports.GA4Options{}))
	require.ErrorIs(t, err, down)
	require.Equal(t, 500, r.Published)
	r, err = imports.Into(ctx, flywheel.Discard, imports.GA4("events.json", strings.NewReader(strings.Repeat("x\n", 1500)), imports.GA4Options{}))
	require.NoError(t, err)
	require.Len(t, r.Refused, imports.MostRefused)
	require.Equal(t, 500, r.More)
	_, err = imports.Into(ctx, flywheel.Discard, imports.ShopifyOrders("orders.csv", strings.NewReader("nothing"), imports.ShopifyOptions{Customer: byEmail}))
	require.Error(t, err)
}

// Whatever a file holds, it is read to its end or refused.
func FuzzGA4(f *testing.F) {
	f.Add(ga4)
	f.Fuzz(func(t *testing.T, text string) {
		for e, err := range imports.GA4("events.json", strings.NewReader(text), imports.GA4Options{Currency: money.EUR}) {
			if err == nil && e.Validate() != nil {
				t.Errorf("%+v", e)
			}
		}
	})
}

func FuzzShopify(f *testing.F) {
	f.Add(orders)
	f.Fuzz(func(t *testing.T, text string) {
		for e, err := range imports.ShopifyOrders("orders.csv", strings.NewReader(text), imports.ShopifyOptions{Customer: func(string) flywheel.CustomerID { return "" }}) {
			if err == nil && e.Validate() != nil {
				t.Errorf("%+v", e)
			}
		}
	})
}
