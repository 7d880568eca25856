package pricing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/pricingtest"
)

// What could not be saved, or listed, changes no price and is no empty list.
func TestNothingChangesThatIsNotSaved(t *testing.T) {
	ctx, down := t.Context(), errors.New("the store is down")
	which := ""
	s, err := pricing.New(pricingtest.Failing(pricing.NewMemory(nil), func(call string, after bool) error {
		if call == which && !after {
			return down
		}
		return nil
	}), nil)
	require.NoError(t, err)
	list, err := s.SaveList(ctx, listOf("list", "a", 1000))
	require.NoError(t, err)
	document := []byte(`{"id":"ten","percent":"0.1"}`)
	other := listOf("list", "a", 500)
	other.Version = list.Version
	for call, change := range map[string]func() error{
		"SaveList":      func() error { _, err := s.SaveList(ctx, other); return err },
		"SavePromotion": func() error { return s.PutPromotion(ctx, document) },
		"DeleteList":    func() error { return s.DeleteList(ctx, "list", list.Version) },
		"Lists":         func() error { _, err := s.SaveList(ctx, other); return err },
		"Promotions":    func() error { return s.PutPromotion(ctx, document) },
	} {
		which = call
		require.ErrorIs(t, change(), down, call)
		require.EqualValues(t, 1000, total(t, s, "a"), call)
	}
	which = "Promotions"
	_, err = s.Promotions(ctx)
	require.ErrorIs(t, err, down)
	require.ErrorIs(t, s.Reload(ctx), down)
	which = ""
	_, err = s.Import(ctx, other, strings.NewReader("sku,unit,currency\na,5.00,EUR\na,five,EUR\n"))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorContains(t, err, "line 3")
	require.EqualValues(t, 1000, total(t, s, "a"))
	require.NoError(t, s.PutPromotion(ctx, document))
	require.EqualValues(t, 900, total(t, s, "a"))
}
