package flywheel_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func purchase() flywheel.Event {
	return flywheel.Event{
		ID: "purchase:1001", Name: flywheel.EventPurchase,
		Time:     time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC),
		Customer: "c-7", Visitor: "v-1", Session: "s-1", Ref: "1001",
		Lines:      []flywheel.Line{{SKU: "MUG-RED", Quantity: 2, Amount: money.New(1998, money.EUR)}},
		Value:      money.New(1998, money.EUR),
		Properties: map[string]any{"coupon": "SPRING", "first": true, "tags": []any{"gift", nil, 1.5}},
	}
}

func TestEventValidate(t *testing.T) {
	long := strings.Repeat("x", flywheel.MaxIDBytes+1)
	deep := any("bottom")
	for range 70 {
		deep = []any{deep}
	}
	tests := []struct {
		name  string
		edit  func(*flywheel.Event)
		field string
		kind  error
	}{
		{"as it is", func(e *flywheel.Event) {}, "", nil},
		{"only what is needed", func(e *flywheel.Event) {
			*e = flywheel.Event{ID: "1", Name: "x", Time: e.Time}
		}, "", nil},
		{"no id", func(e *flywheel.Event) { e.ID = "" }, "id", flywheel.ErrInvalid},
		{"long id", func(e *flywheel.Event) { e.ID = long }, "id", flywheel.ErrLimit},
		{"no name", func(e *flywheel.Event) { e.Name = "" }, "name", flywheel.ErrInvalid},
		{"no time", func(e *flywheel.Event) { e.Time = time.Time{} }, "time", flywheel.ErrInvalid},
		{"customer with a control character", func(e *flywheel.Event) { e.Customer = "a\x00b" }, "customer", flywheel.ErrInvalid},
		{"customer that is not UTF-8", func(e *flywheel.Event) { e.Customer = "a\xff" }, "customer", flywheel.ErrInvalid},
		{"visitor with a space before", func(e *flywheel.Event) { e.Visitor = " v" }, "visitor", flywheel.ErrInvalid},
		{"line without SKU", func(e *flywheel.Event) { e.Lines[0].SKU = "" }, "lines[0].sku", flywheel.ErrInvalid},
		{"negative quantity", func(e *flywheel.Event) { e.Lines[0].Quantity = -1 }, "lines[0].quantity", flywheel.ErrOutOfRange},
		{"NaN property", func(e *flywheel.Event) { e.Properties["x"] = math.NaN() }, "properties.x", flywheel.ErrInvalid},
		{"infinite property in a list", func(e *flywheel.Event) { e.Properties["x"] = []any{math.Inf(1)} }, "properties.x", flywheel.ErrInvalid},
		{"integer property", func(e *flywheel.Event) { e.Properties["x"] = 3 }, "properties.x", flywheel.ErrInvalid},
		{"struct in a map", func(e *flywheel.Event) {
			e.Properties["x"] = map[string]any{"y": struct{}{}}
		}, "properties.x", flywheel.ErrInvalid},
		{"deep property", func(e *flywheel.Event) { e.Properties["x"] = deep }, "properties.x", flywheel.ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := purchase()
			tt.edit(&e)
			err := e.Validate()
			if tt.kind == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tt.kind)
			var refused *flywheel.EventError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, tt.field, refused.Field)
			assert.Equal(t, e.ID, refused.ID)
		})
	}
}

func TestEventJSONRoundTrip(t *testing.T) {
	want := purchase()
	data, err := json.Marshal(want)
	require.NoError(t, err)
	var got flywheel.Event
	require.NoError(t, json.Unmarshal(data, &got))
	assert.Equal(t, want, got)
	assert.Contains(t, string(data), `"amount":"19.98"`)
}

func TestFanoutStopsAtTheFirstError(t *testing.T) {
	var seen []string
	sink := func(name string, err error) flywheel.Sink {
		return flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			seen = append(seen, name)
			return err
		})
	}
	full := errors.New("disk full")
	hub := flywheel.Fanout(sink("a", nil), sink("b", full), sink("c", nil))
	err := hub.Publish(t.Context(), purchase())
	require.ErrorIs(t, err, full)
	assert.ErrorContains(t, err, "sink 2 of 3")
	assert.Equal(t, []string{"a", "b"}, seen)
}

func TestCheckID(t *testing.T) {
	for _, id := range []string{"a", "ÄÖÜ", "order 12", "日本", strings.Repeat("x", flywheel.MaxIDBytes)} {
		assert.NoError(t, flywheel.CheckID(id), "%q", id)
	}
	for _, id := range []string{"", " a", "a ", "\t", "a\nb", "a\u200bb", "\xc3\x28", "a\u202eb"} {
		assert.ErrorIs(t, flywheel.CheckID(id), flywheel.ErrInvalid, "%q", id)
	}
}

func FuzzCheckID(f *testing.F) {
	for _, s := range []string{"", "a", " a", "ü", "\xff", "\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if flywheel.CheckID(s) != nil {
			return
		}
		// What is accepted survives JSON and trimming unchanged.
		data, err := json.Marshal(s)
		require.NoError(t, err)
		var back string
		require.NoError(t, json.Unmarshal(data, &back))
		if back != s || strings.TrimSpace(s) != s || len(s) > flywheel.MaxIDBytes {
			t.Fatalf("%q was accepted", s)
		}
	})
}
