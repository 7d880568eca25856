package flywheel_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

// What a buyer asks of an item is compared with ==, whatever the order it was typed in.
func ExampleNewDetails() {
	var a, b flywheel.Details
	a, err := flywheel.NewDetails(map[string]string{"engraving": "Anna", "ribbon": "red", "note": ""})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = json.Unmarshal([]byte(`{"ribbon": "red", "engraving": "Anna"}`), &b)
	fmt.Println(a == b, err)
	for name, text := range a.All() {
		fmt.Println(name, "is", text)
	}
	text, err := json.Marshal(a)
	fmt.Println(a, string(text), err, a.Map()["ribbon"])
	// Output:
	// true <nil>
	// engraving is Anna
	// ribbon is red
	// engraving: Anna, ribbon: red {"engraving":"Anna","ribbon":"red"} <nil> red
}

// Entries that stand in the source need no look at an error.
func ExampleMustDetails() {
	fmt.Println(flywheel.MustDetails(map[string]string{"wrapping": "paper"}))
	// Output: wrapping: paper
}

func TestDetailsRefused(t *testing.T) {
	many := map[string]string{}
	for i := range flywheel.MaxDetails + 1 {
		many[fmt.Sprint(i)] = "x"
	}
	for _, c := range []struct {
		entries map[string]string
		field   string
		kind    error
	}{
		{map[string]string{"": "x"}, "", flywheel.ErrInvalid},
		{map[string]string{"a\nb": "x"}, "a\nb", flywheel.ErrInvalid},
		{map[string]string{"a": "\x00"}, "a", flywheel.ErrInvalid},
		{map[string]string{"a": "\xff"}, "a", flywheel.ErrInvalid},
		{map[string]string{"\xff": "a"}, "\xff", flywheel.ErrInvalid},
		{map[string]string{strings.Repeat("n", flywheel.MaxDetailName+1): "x"}, strings.Repeat("n", flywheel.MaxDetailName+1), flywheel.ErrLimit},
		{map[string]string{"a": strings.Repeat("t", flywheel.MaxDetailText+1)}, "a", flywheel.ErrLimit},
		{many, "", flywheel.ErrLimit},
	} {
		d, err := flywheel.NewDetails(c.entries)
		require.ErrorIs(t, err, c.kind, "%v", c.entries)
		require.True(t, d.IsZero())
		if len(c.entries) == 1 {
			var field *flywheel.FieldError
			require.ErrorAs(t, err, &field)
			require.Equal(t, c.field, field.Field)
		}
	}
	require.Panics(t, func() { flywheel.MustDetails(many) })
	many["0"] = "" // what is empty does not count
	d, err := flywheel.NewDetails(many)
	require.NoError(t, err)
	require.Len(t, d.Map(), flywheel.MaxDetails)
	d, err = flywheel.NewDetails(map[string]string{"greeting": "two\nlines", strings.Repeat("n", flywheel.MaxDetailName): strings.Repeat("t", flywheel.MaxDetailText)})
	require.NoError(t, err)
	require.Len(t, d.Map(), 2)

	kept := d
	for _, text := range []string{`{"a": 1}`, `["a"]`, `{"a": "\u0000"}`, `"a"`, `{`} {
		require.ErrorIs(t, d.UnmarshalJSON([]byte(text)), flywheel.ErrInvalid, text)
		require.Equal(t, kept, d, "a refusal changes nothing")
	}
	for _, text := range []string{`{}`, `null`, `{"a": ""}`} {
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		require.Equal(t, flywheel.Details{}, d)
		d = kept
	}
}

func TestDetailsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.MapOfN(rapid.StringMatching(`[a-zäé<& ]{1,8}`), rapid.StringMatching(`[^\p{Cc}]{0,12}`), 0, 6).Draw(t, "entries")
		d, err := flywheel.NewDetails(entries)
		require.NoError(t, err)
		maps.DeleteFunc(entries, func(_, text string) bool { return text == "" })
		require.Equal(t, len(entries) == 0, d.IsZero())
		if len(entries) > 0 {
			require.Equal(t, entries, d.Map())
			require.Equal(t, entries, maps.Collect(d.All()))
		}
		again, err := flywheel.NewDetails(d.Map())
		require.NoError(t, err)
		require.Equal(t, d, again)
		text, err := json.Marshal(struct {
			D flywheel.Details `json:"d,omitzero"`
		}{d})
		require.NoError(t, err)
		var back struct {
			D flywheel.Details `json:"d"`
		}
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, d, back.D)
		require.Equal(t, d.IsZero(), string(text) == "{}")
	})
}
