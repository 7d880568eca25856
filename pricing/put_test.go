package pricing_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing"
)

// A document replaces the promotion of its ID, whoever saved it before; the same one
// changes nothing, and a bad one neither.
func TestPutPromotion(t *testing.T) {
	ctx := t.Context()
	store := pricing.NewMemory(nil)
	s, err := pricing.New(store, nil)
	require.NoError(t, err)
	stored := func() (p pricing.Promotion) {
		for x, err := range store.Promotions(ctx) {
			require.NoError(t, err)
			p = x
		}
		return p
	}
	document := func(percent string) []byte {
		return fmt.Appendf(nil, `{"id":"p","percent":%q,"skus":["a"],"starts":"2026-03-01T00:00:00.0000009Z"}`, percent)
	}
	require.NoError(t, s.PutPromotion(ctx, document("0.1")))
	require.NoError(t, s.PutPromotion(ctx, document("0.1")))
	require.Equal(t, int64(1), stored().Version)
	require.NoError(t, s.PutPromotion(ctx, document("0.2")))
	require.Equal(t, int64(2), stored().Version)
	require.ErrorIs(t, s.PutPromotion(ctx, []byte(`{"id":"p","percent":"0.3","bogus":1}`)), flywheel.ErrInvalid)
	require.ErrorIs(t, s.PutPromotion(ctx, []byte(`{"id":"p","percent":"0.3","when":{"unknown":1}}`)), flywheel.ErrInvalid)
	require.Equal(t, int64(2), stored().Version)
	for _, err := range suite.Parallel(8, func(i int) error { return s.PutPromotion(ctx, document(fmt.Sprintf("0.%d", i+1))) }) {
		require.NoError(t, err)
	}
}
