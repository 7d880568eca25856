package browser

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fillAddress goes from the cart to the step of delivery.
func (b *tab) fillAddress() *tab {
	b.t.Helper()
	return b.fill("E-mail", "anna@example.com").fill("Name", "Anna Example").fill("Street and number", "Torstraße 1").
		fill("Postcode", "10115").fill("City", "Berlin").fill("Country", "DE").press("Continue")
}

// pay goes from the product to the review with a card.
func (b *tab) pay(card string) *tab {
	b.t.Helper()
	b.see("/en/goods/stoneware-mug").choose("Blue").fill("Quantity", "2").press("Add to cart")
	b.press("Checkout").fillAddress()
	b.choose("standard").press("Continue")
	return b.card(card).press("Continue")
}

// cards are numbers of test cards by their ends.
var cards = map[string]string{"4242": "4242424242424242", "3155": "4000002500003155", "0002": "4000000000000002"}

// card types a card that ends in these digits.
func (b *tab) card(last string) *tab {
	b.t.Helper()
	return b.fill("Card number", cards[last]).fill("Valid until", "12/40")
}

// ordered is the path of the order that was placed.
func (b *tab) ordered() string {
	b.t.Helper()
	require.Regexp(b.t, `^/\w\w/orders/[\w-]+$`, b.at(), b.text())
	return b.at()
}

// desk signs in.
func (s *store) desk() *tab {
	s.t.Helper()
	b := s.visit().see("/en/desk")
	require.Equal(s.t, "/en/desk/login", b.at())
	return b.fill("Password", password).press("Enter")
}

// A guest buys two cups, gives one back, and the desk refunds what it is worth and puts it back.
func TestBuyAndGiveBackOne(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit()
	b.pay("4242")
	b.has("28.70").press("Place order").has("anna@example.com", "28.70")
	at := b.ordered()

	desk := s.desk()
	desk.see("/en/desk/orders/" + at[len("/en/orders/"):])
	desk.press("Ship").press("Delivered")
	b.see(at).fill("Quantity", "1").press("Give back").has("r1")
	desk.see(desk.at()).press("Received as new").has("refunded", "credit_note 1")
	desk.see("/en/desk/stock").has("23")
	desk.fill("SKU", "stoneware-mug-blue").fill("Units", "5").fill("Delivery note", "n1").press("Take in").has("28")
}

// A slip of the finger is forgiven, filters stand in the address and can be taken away.
func TestSearchWithTypoAndFacets(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/")
	b.fill("Search", "stonware mgu").press("Search").has("Stoneware mug").hasNot("Cast-iron")
	b.see("/en/").fill("Search", "lamp").press("Search").press("Black (")
	require.Contains(t, b.at(), "color=")
	b.has("Reading lamp", "applied").hasNot("Table lamp")
	b.press("Black (").has("Table lamp")
	b.fill("Search", "qqqqqqqq").press("Search").has("Nothing was found")
}

// A card is declined and what was typed stays; a bank that asks is answered, first with no.
func TestDeclinedCardAndBank(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit()
	b.pay("0002").press("Place order")
	var alert string
	require.NoError(t, b.ask(&alert, `document.querySelector("[role=alert]").innerText`))
	require.NotEmpty(t, alert)
	b.has("anna@example.com", "Torstraße 1")
	b.see("/en/checkout?step=Payment").card("3155").press("Continue").press("Place order")
	b.has("28.70").press("Refuse").has("anna@example.com")
	b.press("Place order").press("Confirm")
	b.ordered()
}

// The language changes on the page where one is, and the cart stays.
func TestLanguage(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/goods/stoneware-mug")
	b.choose("Blue").press("Add to cart").has("Stoneware mug").press("de")
	require.Equal(t, "/de/cart", b.at())
	b.has("Steinzeugbecher", "11,90").press("zh").has("陶杯")
	var language string
	require.NoError(t, b.ask(&language, `document.documentElement.lang`))
	require.Equal(t, "zh", language)
}

// Two tabs press the button of one checkout at once: one order, and both show it.
func TestTwoTabsPressAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "sqlite:"+filepath.Join(t.TempDir(), "store.db"))
	b := s.visit()
	b.pay("4242")
	other := b.beside().see("/en/checkout")
	var together sync.WaitGroup
	for _, one := range []*tab{b, other} {
		together.Go(func() { one.press("Place order") })
	}
	together.Wait()
	require.Equal(t, b.ordered(), other.ordered())
	require.Len(t, s.desk().numbers(), 1)
}

// numbers are the orders at the desk.
func (b *tab) numbers() (all []string) {
	b.t.Helper()
	b.see("/en/desk/orders")
	require.NoError(b.t, b.ask(&all, `all("tbody tr").map(r => says(r.querySelector("a")))`))
	return all
}

// Back after each step loses nothing that was typed, and pressing on from there orders once.
func TestBackAfterEachStep(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit()
	b.see("/en/goods/stoneware-mug").choose("Blue").press("Add to cart")
	b.press("Checkout").back().has("Stoneware mug").press("Checkout")
	b.fillAddress().back()
	b.see("/en/checkout?step=Address")
	require.Equal(t, "Torstraße 1", b.value("Street and number"))
	require.Equal(t, "10115", b.value("Postcode"))
	b.press("Continue").choose("express").press("Continue").back()
	b.has("Torstraße 1")
	b.see("/en/checkout").card("4242").press("Continue").back()
	b.see("/en/checkout").press("Place order")
	at := b.ordered()
	b.back()
	require.NotEqual(t, at, b.at())
	b.see(at).has("Stoneware mug")
	require.Len(t, s.desk().numbers(), 1)
}

// The store is killed in the middle of a checkout and opened again: the buyer goes on where they were.
func TestKilledStore(t *testing.T) {
	t.Parallel()
	file := "sqlite:" + filepath.Join(t.TempDir(), "store.db")
	first := start(t, "-store", file)
	b := first.visit()
	b.pay("4242")
	first.kill()
	second := start(t, "-store", file, "-addr", first.base[len("http://"):])
	b.see("/en/checkout").has("Torstraße 1", "anna@example.com")
	b.press("Place order").has("anna@example.com")
	b.ordered()
	require.Len(t, second.desk().numbers(), 1)
}
