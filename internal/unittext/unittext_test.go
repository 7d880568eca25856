package unittext_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/unittext"
)

type (
	code string
	key  int32
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		x    any
		want string
	}{
		{"u1", "u1"}, {code("u2"), "u2"}, {"", ""}, {nil, ""}, {true, ""}, {[]string{"a"}, ""},
		{int64(1234567890123456789), "1234567890123456789"}, {uint64(math.MaxUint64), "18446744073709551615"},
		{int8(-7), "-7"}, {uint16(8), "8"}, {key(9), "9"}, {0, ""}, {uint8(0), ""},
		{json.Number("1234567890123456791"), "1234567890123456791"}, {json.Number("2.50"), "2.5"}, {json.Number("1e3"), "1000"},
		{json.Number("0"), ""}, {json.Number("-0.0"), ""}, {json.Number("1e999"), ""},
		{1e21, "1e+21"}, {1e-7, "1e-7"}, {float32(0.5), "0.5"}, {0.1, "0.1"}, {0.0, ""}, {math.NaN(), ""}, {math.Inf(1), ""},
	} {
		require.Equal(t, c.want, unittext.Of(c.x), "%T %v", c.x, c.x)
	}
}
