package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// What is typed wrong is said when the field is left, and no more as soon as it is right; a
// place that does not belong to its postcode is asked about; a card number stands in fours.
func TestMistakes(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/goods/stoneware-mug")
	b.choose("Blue").press("Add to cart").has("In the cart: Stoneware mug").press("Checkout")
	b.fill("E-mail", "anna").fill("Postcode", "1011").key(kb.Tab)
	b.has("“anna” is no e-mail address", "“1011” is no postcode of Germany: those have five digits.")
	b.fill("Postcode", "10115").hasNot("“1011”").has("“anna”")
	b.fill("E-mail", "anna@example.com").hasNot("“anna”")
	b.fill("Postcode", "1010").fill("Country", "AT").fill("Name", "Anna").fill("Street and number", "Graben 1").fill("City", "Wein").key(kb.Tab).hasNot("no postcode")
	b.press("Continue").has("1010 Wien").press("Take Wien").has("1010 Wien, AT")
	b.choose("To Austria").press("Continue")
	b.fill("Card number", "4242424242424242")
	require.Equal(t, "4242 4242 4242 4242", b.value("Card number"))
	b.fill("Valid until", "01/20").press("Continue").has("This card ended in 01/20.")
	require.Equal(t, "4242 4242 4242 4242", b.value("Card number"))
	b.fill("Valid until", "12/40").press("Continue").has("•••• 4242, 12/40").press("Place order")
	b.ordered()
}

// The order page: the carrier's link, papers to print, a mug of another color in exchange.
func TestExchangeAndPapers(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit()
	b.pay("4242").press("Place order")
	at := b.ordered()
	desk := s.desk().see("/en/desk/orders/" + at[len("/en/orders/"):])
	desk.fill("Carrier", "DHL").fill("Tracking number", "00340434161094").press("Send").has("DHL 00340434161094").press("Delivered")
	b.see(at).has("DHL 00340434161094")
	b.click("Exchange for another")
	b.fill("Exchange for", "Green").press("Exchange").has("r1: Exchange", "p2")
	b.press("Invoice 1").has("Invoice", "28.70").back()
	b.press("Packing slip").has("Stoneware mug")
	desk.see(desk.at()).press("Received as new").has("received")
	b.see(at).has("✓")
}

// Who goes on in the United States pays in dollars, and the desk gives dollars back.
func TestCurrency(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/goods/stoneware-mug")
	b.choose("Blue").press("Add to cart").has("€11.90").press("en-us: English, United States")
	require.Equal(t, "/en-us/cart", b.at())
	b.has("$13.90").press("Checkout")
	b.fill("E-mail", "anna@example.com").fill("Name", "Anna").fill("Street and number", "5th Avenue 1").fill("Postcode", "10001").fill("City", "New York").press("Continue")
	b.choose("To the United States").press("Continue").card("4242").press("Continue").has("$35.90").press("Place order")
	require.Regexp(t, `^/en-us/orders/`, b.at())
	desk := s.desk().has("$35.90")
	desk.see("/en/desk/orders/"+b.at()[len("/en-us/orders/"):]).fill("Amount", "5.00").fill("Reason", "late").press("Refund").has("$5.00")
}
