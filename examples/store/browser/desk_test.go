package browser

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// A promotion is tried on the carts of the moment, saved, and seen in a cart at once.
func TestPromotionInACartAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	buyer := s.visit().see("/en/goods/stoneware-mug")
	buyer.choose("Blue").fill("Quantity", "2").press("Add to cart").has("€23.80").hasNot("Discount")
	keeper := s.desk().see("/en/desk/promotions")
	keeper.fill("Document", `{"id": "cups", "percent": "0.5", "lines": {"categories": {"$in": ["cups"]}}}`).press("Preview on carts")
	keeper.has("Carts with cups", "€23.80", "€11.90")
	buyer.see("/en/cart").hasNot("Discount")
	keeper.press("Save").has("cups")
	buyer.see("/en/cart").has("Discount", "€11.90")
	keeper.within("cups", "End").hasNot("cups")
	buyer.see("/en/cart").hasNot("Discount")
	keeper.fill("Document", `{"id": "cups", "percent": "5"}`).press("Save").has("percent")
}

// join opens an account by the link of the letter that the desk shows.
func (s *store) join(email string) *tab {
	s.t.Helper()
	b := s.visit().see("/en/login")
	b.fillIn("Send the link", "E-mail", email).press("Send the link").has(email)
	keeper := s.desk().see("/en/desk/sent")
	var letter string
	require.NoError(s.t, keeper.ask(&letter, `part($1).textContent`, email))
	link := regexp.MustCompile(`/en/password\?\S+`).FindString(letter)
	require.NotEmpty(s.t, link, letter)
	b.see(link).fill("Name", "Anna").fill("Password", "a long password").press("Continue")
	return b
}

// A member buys; the dry run of a segment of the buyers since yesterday tells of her, the
// definition counts her, and the page says why she is in.
func TestSegmentOfYesterdaysBuyers(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.join("anna@example.com")
	b.pay("4242").press("Place order")
	b.ordered()
	keeper := s.desk()
	keeper.again("/en/desk/customers", "€28.70")
	keeper.see("/en/desk/segments").fill("Name", "since yesterday").fill("Rule", `{"days_since_last_purchase": {"$lte": 1}}`)
	keeper.press("Dry run").has("Dry run of since yesterday", "enter").press("Define").has("since yesterday")
	keeper.press("since yesterday").has("days_since_last_purchase")
	var members string
	require.NoError(t, keeper.ask(&members, `says(document.querySelector(".tiles b"))`))
	require.Equal(t, "1", members)
	keeper.see("/en/desk/segments").fill("Name", "wrong").fill("Rule", `{"no such thing": 1}`).press("Define").has("no such thing")
}

// What sells is ordered by one press, once, and taken in by another.
func TestPurchaseOrder(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/goods/stoneware-mug")
	b.choose("Blue").fill("Quantity", "20").press("Add to cart").press("Checkout").fillAddress()
	b.choose("standard").press("Continue").card("4242").press("Continue").press("Place order")
	b.ordered()
	keeper := s.desk().see("/en/desk/replenish")
	keeper.within("stoneware-mug-blue", "Order ").has("po-stoneware-mug-blue")
	keeper.within("po-stoneware-mug-blue", "Arrived").has("Nothing is on order")
	keeper.see("/en/desk/stock/stoneware-mug-blue").has("po-stoneware-mug-blue")
	keeper.see("/en/desk/replenish/stoneware-mug-blue").has("Units a day")
}

// An experiment on a feature is begun, names no winner before its time, is decided under a
// name, and every visitor has what was decided for.
func TestDecideAnExperiment(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	keeper := s.desk().see("/en/desk/experiments")
	keeper.fill("Feature", "recommendations").fill("What is expected, and why", "More is bought").fill("Visitors at which it is concluded", "1000").press("Begin")
	keeper.has("Experiment recommendations", "of 1000 planned")
	for range 3 {
		s.visit().see("/en/")
	}
	keeper.see("/en/desk/experiments/recommendations").press("Decide").has("Decide anyway")
	var alert string
	require.NoError(t, keeper.ask(&alert, `document.querySelector("[role=alert]").innerText`))
	require.NotEmpty(t, alert, "the plan names nobody yet")
	keeper.fill("For", "without").fill("Your name", "Kim").fill("Reason", "It is too slow.").press("Decide anyway")
	keeper.has("Decided", "without", "by Kim against the plan", "It is too slow.")
	keeper.see("/en/desk/experiments").has("decided", "off")
}

// Money goes back without goods, and no more of it than was paid.
func TestRefund(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit()
	b.pay("4242").press("Place order")
	order := b.ordered()[len("/en/orders/"):]
	keeper := s.desk().see("/en/desk/orders/" + order)
	keeper.fill("Amount", "5.00").fill("Reason", "a scratch").press("Refund").has("€23.70", "credit_note 1")
	keeper.fill("Amount", "500").fill("Reason", "a slip").press("Refund").hasNot("credit_note 2")
}

// What is sold out and on order is sold with the day on which it can be there, and is sent once it came.
func TestBackOrder(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	buy := func(units string) string {
		b := s.visit().see("/en/goods/table-lamp").fill("Quantity", units)
		b.press("Add to cart").press("Checkout").fillAddress()
		return b.choose("standard").press("Continue").card("4242").press("Continue").press("Place order").ordered()
	}
	buy("3")
	keeper := s.desk().see("/en/desk/replenish")
	keeper.within("table-lamp", "Order ").has("po-table-lamp")
	s.visit().see("/en/goods/table-lamp").has("Ordered for you", "Ordered now, it arrives")
	order := "/en/desk" + buy("2")[len("/en"):]
	keeper.see(order).press("Ship").has("409")
	keeper.see("/en/desk/replenish").within("po-table-lamp", "Arrived")
	keeper.see(order).press("Ship").press("Delivered").has("delivered")
}
