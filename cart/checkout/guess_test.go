package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// guessed is a shop that knows which codes were looked up.
type guessed struct {
	carts    *cart.Service
	codes    *coupon.Service
	sessions *checkout.Sessions

	mu     sync.Mutex
	looked map[string]bool
}

// lookedUp notes the codes that are looked up in a store.
type lookedUp struct {
	coupon.Store
	of *guessed
}

func (l lookedUp) Code(ctx context.Context, code string) (coupon.Code, error) {
	l.of.mu.Lock()
	l.of.looked[code] = true
	l.of.mu.Unlock()
	return l.Store.Code(ctx, code)
}

func newGuessed(t *testing.T, buyers int) *guessed {
	g := &guessed{looked: map[string]bool{}}
	at := func() time.Time { return now }
	var err error
	g.codes, err = coupon.New(lookedUp{coupon.NewMemory(nil), g}, &coupon.Options{Now: at, Failures: coupon.InProcess})
	require.NoError(t, err)
	store := order.NewMemory(nil)
	orders, err := order.New(store, &order.Options{Now: at, Coupons: g.codes})
	require.NoError(t, err)
	for i := range buyers { // who have an order are known
		id := order.ID(fmt.Sprint("before", i))
		_, err := store.Insert(t.Context(), order.Order{ID: id, Key: string(id), Customer: flywheel.CustomerID(fmt.Sprint("honest", i)), Status: order.Paid, PlacedAt: now})
		require.NoError(t, err)
	}
	g.carts, err = cart.New(nil, &cart.Options{Now: at, Engine: lifeEngine, Catalog: lifeCatalog})
	require.NoError(t, err)
	stock, err := inventory.New(nil, &inventory.Options{Now: at})
	require.NoError(t, err)
	g.sessions, err = checkout.NewSessions(nil, &checkout.SessionOptions{
		Carts: g.carts, Orders: orders, Catalog: lifeCatalog, Network: lifeNetwork, Stock: stock, Codes: g.codes, GiftCards: g.codes.Cards(), Now: at,
	})
	require.NoError(t, err)
	return g
}

// session opens one of a customer, with codes in the cart.
func (g *guessed) session(ctx context.Context, who string, codes ...string) (checkout.View, error) {
	_, err := g.carts.Create(ctx, cart.Cart{
		ID: cart.ID(who), Customer: flywheel.CustomerID(who), Currency: money.EUR, Coupons: codes,
		Lines: []cart.Line{{SKU: "A", Quantity: 1, Agreed: money.PriceOf(eur(1000)), TaxIncluded: true}},
	})
	if err != nil {
		return checkout.View{}, err
	}
	return g.sessions.Open(ctx, cart.ID(who), checkout.SessionID(who))
}

// 10,000 customers without an order guess nine codes each, typed into a session or into
// the cart from which it is opened, and 1,000 honest ones with an order use theirs
// beside them: each of those does, and no more codes are looked up than the limit and
// theirs.
func TestGuessingThroughSessions(t *testing.T) {
	const guesses, limit = 9, 1000
	guessers := testkit.Often(10_000, 1000)
	honest := guessers / 10
	ctx := t.Context()
	g := newGuessed(t, honest)
	_, err := g.codes.SaveCampaign(ctx, coupon.Campaign{ID: "series", Promotion: "ten", PerCode: 1})
	require.NoError(t, err)
	right := make([]coupon.Code, honest)
	for i := range right {
		right[i] = coupon.Code{Code: fmt.Sprintf("RIGHT%d", i), Campaign: "series"}
	}
	require.NoError(t, g.codes.Add(ctx, right...))
	var wg sync.WaitGroup
	const workers = 8
	for w := range workers {
		wg.Go(func() {
			for i := w; i < guessers; i += workers {
				wrong := make([]string, guesses)
				for k := range wrong {
					wrong[k] = fmt.Sprint("WRONG", i, "-", k)
				}
				who := fmt.Sprint("guesser", i)
				if i%2 == 0 {
					if _, err := g.session(ctx, who, wrong...); err != nil {
						t.Error(err)
					}
				} else {
					if _, err := g.session(ctx, who); err != nil {
						t.Error(err)
					}
					if _, err := g.sessions.SetCodes(ctx, checkout.SessionID(who), wrong...); err != nil && !errors.Is(err, flywheel.ErrRateLimited) {
						t.Error(err)
					}
				}
				if i%10 != 0 {
					continue
				}
				who, code := fmt.Sprint("honest", i/10), fmt.Sprint("right", i/10)
				if _, err := g.session(ctx, who); err != nil {
					t.Error(err)
				}
				v, err := g.sessions.SetCodes(ctx, checkout.SessionID(who), code)
				if err != nil {
					t.Error(err)
				} else if off := v.Applied; len(off) != 1 {
					t.Errorf("%s takes nothing off: %v", code, v.Messages)
				}
			}
		})
	}
	wg.Wait()
	wrong := 0
	for code := range g.looked {
		if strings.HasPrefix(code, "WRONG") {
			wrong++
		}
	}
	require.LessOrEqual(t, wrong, limit)
	require.Len(t, g.looked, wrong+honest)
}

// The codes of a cart are typed codes: opening sessions is no way around the limiter,
// and a cart whose codes are not looked up has a session all the same.
func TestCodesOfTheCartCount(t *testing.T) {
	ctx := t.Context()
	g := newGuessed(t, 0)
	_, err := g.codes.SaveCampaign(ctx, coupon.Campaign{ID: "c", Promotion: "ten"})
	require.NoError(t, err)
	require.NoError(t, g.codes.Add(ctx, coupon.Code{Code: "RIGHT", Campaign: "c"}))
	v, err := g.session(ctx, "honest", "RIGHT")
	require.NoError(t, err)
	require.Len(t, v.Applied, 1)
	codes := make([]string, cart.MaxCoupons)
	for i := range codes {
		codes[i] = fmt.Sprint("WRONG", i)
	}
	codes[len(codes)-1] = "RIGHT"
	v, err = g.session(ctx, "ann", codes...)
	require.NoError(t, err)
	require.Len(t, g.looked, 1+10, "as many as may fail")
	require.Empty(t, v.Applied, "not looked up")
	invalid := 0
	for _, m := range v.Messages {
		if m.Code == checkout.CodeInvalid {
			invalid++
		}
	}
	require.Equal(t, 10+1, invalid, "one for all that were left out")
	of, err := g.sessions.Session(ctx, "ann")
	require.NoError(t, err)
	require.Equal(t, codes[:10], of.Codes)
	_, err = g.sessions.SetCodes(ctx, "ann", "RIGHT")
	require.ErrorIs(t, err, coupon.ErrTooManyFailures)
}

// Gift cards are guessed no better than codes where one service keeps both: as many may
// fail as of codes, and a card that the session has is not typed again.
func TestGuessingGiftCards(t *testing.T) {
	ctx := t.Context()
	g := newGuessed(t, 0)
	_, err := g.codes.SaveCampaign(ctx, coupon.Campaign{ID: "cards"})
	require.NoError(t, err)
	require.NoError(t, g.codes.Add(ctx, coupon.Code{Code: "RIGHT", Campaign: "cards", Value: eur(500)}, coupon.Code{Code: "OTHER", Campaign: "cards", Value: eur(500)}))
	for _, who := range []string{"ann", "eve"} {
		_, err := g.session(ctx, who)
		require.NoError(t, err)
	}
	pay := func(who, card string) (checkout.View, error) {
		return g.sessions.SetTenders(ctx, checkout.SessionID(who), checkout.TenderChoice{Type: order.GiftCard, ID: card}, checkout.TenderChoice{Type: order.Card, Token: "tok"})
	}
	for range 20 { // nothing that is right counts
		v, err := pay("ann", "RIGHT")
		require.NoError(t, err)
		require.Equal(t, int64(500), v.Split[0].Amount.Minor())
	}
	for i := range 10 {
		_, err := pay("eve", fmt.Sprint("WRONG", i))
		require.NoError(t, err)
	}
	for _, card := range []string{"WRONG10", "RIGHT"} {
		_, err := pay("eve", card)
		require.ErrorIs(t, err, coupon.ErrTooManyFailures)
	}
	require.False(t, g.looked["WRONG10"])
	_, err = pay("ann", "OTHER")
	require.NoError(t, err, "she has not guessed")
}
