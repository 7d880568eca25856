package money_test

import (
	"math"
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Numbers around those that do not fit are refused, none comes round from the other end.
func TestParseAroundTheLargest(t *testing.T) {
	for _, at := range []*big.Int{
		new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int).Lsh(big.NewInt(1), 63), new(big.Int).Mul(big.NewInt(10), new(big.Int).Lsh(big.NewInt(1), 64)),
	} {
		for d := int64(-20); d <= 20; d++ {
			n := new(big.Int).Add(at, big.NewInt(d))
			for _, text := range []string{n.String(), "-" + n.String(), n.String() + "0"} {
				a, err := money.Parse(text, money.JPY)
				want, fits := new(big.Int).SetString(text, 10)
				require.True(t, fits)
				if want.IsInt64() {
					require.NoError(t, err, text)
					require.Equal(t, want.Int64(), a.Minor())
				} else {
					require.ErrorIs(t, err, flywheel.ErrOutOfRange, text)
				}
			}
		}
	}
	a, err := money.Parse(strconv.FormatInt(math.MaxInt64, 10), money.JPY)
	require.NoError(t, err)
	require.EqualValues(t, math.MaxInt64, a.Minor())
}
