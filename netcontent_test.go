package flywheel_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

func TestNetContent(t *testing.T) {
	for text, want := range map[string]string{
		"750 ml": "0.75 l", "75 cl": "0.75 l", "0.750 l": "0.75 l", "250 g": "0.25 kg", "1 mg": "0.000001 kg", "1.0 kg": "1 kg",
		"1500 mm": "1.5 m", "2.5 cm": "0.025 m", "200 cm2": "0.02 m2", "1 cm3": "0.000001 m3", "10 piece": "10 piece",
		"9223372036854 kg": "9223372036854 kg",
	} {
		c, err := flywheel.ParseNetContent(text)
		require.NoError(t, err, text)
		require.Equal(t, want, c.String())
		again, err := flywheel.ParseNetContent(want)
		require.NoError(t, err, want)
		require.Equal(t, c, again)
	}
	for text, kind := range map[string]error{
		"": flywheel.ErrInvalid, "750": flywheel.ErrInvalid, "750ml": flywheel.ErrInvalid, "750 oz": flywheel.ErrInvalid, "-1 l": flywheel.ErrInvalid,
		"+1 l": flywheel.ErrInvalid, "0 g": flywheel.ErrInvalid, "0.0 g": flywheel.ErrInvalid, ".5 l": flywheel.ErrInvalid, "5. l": flywheel.ErrInvalid, "NaN l": flywheel.ErrInvalid,
		"1e3 g": flywheel.ErrInvalid, "1  l": flywheel.ErrInvalid, "0.5 mg": flywheel.ErrOutOfRange, "9223372036855 kg": flywheel.ErrOutOfRange,
		"99999999999999999999 g": flywheel.ErrOutOfRange, "0.0000001 l": flywheel.ErrOutOfRange,
	} {
		c, err := flywheel.ParseNetContent(text)
		require.ErrorIs(t, err, kind, text)
		require.True(t, c.IsZero())
	}
	item := flywheel.Item{SKU: "wine", NetContent: flywheel.MustNetContent("75 cl")}
	data, err := json.Marshal(item)
	require.NoError(t, err)
	require.JSONEq(t, `{"sku":"wine","net_content":"0.75 l"}`, string(data))
	var read flywheel.Item
	require.NoError(t, json.Unmarshal(data, &read))
	require.Equal(t, item, read)
	require.ErrorIs(t, json.Unmarshal([]byte(`{"net_content":"1 ell"}`), &read), flywheel.ErrInvalid)
	require.Equal(t, item, read)
	require.NoError(t, json.Unmarshal([]byte(`{"net_content":""}`), &read))
	require.True(t, read.NetContent.IsZero())
}

func ExampleParseNetContent() {
	c, err := flywheel.ParseNetContent("750 ml")
	fmt.Println(c, c.Unit(), c.Millionths(), err)
	// Output: 0.75 l l 750000 <nil>
}

func ExampleMustNetContent() {
	fmt.Println(flywheel.MustNetContent("250 g"))
	// Output: 0.25 kg
}

func ExampleNetContent() {
	item := flywheel.Item{SKU: "wine", NetContent: flywheel.MustNetContent("75 cl")}
	fmt.Println(item.NetContent)
	// Output: 0.75 l
}
