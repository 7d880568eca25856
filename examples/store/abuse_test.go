package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// abuse is a case of the security reference.
type abuse struct {
	ID       string          `json:"id"`
	Area     string          `json:"area"`
	Attack   string          `json:"attack"`
	Input    json.RawMessage `json:"input"`
	Expected json.RawMessage `json:"expected"`
	Ref      string          `json:"ref"`
}

// throughPages are the areas that speak of pages, access, sessions and enumeration, each
// with how a browser tries it. What a page cannot be asked for is skipped there by name.
var throughPages = map[string]func(t *testing.T, c *abuse){
	"object_access": abuseAccess, "html_text": abuseHTML, "code_guess": abuseGuess, "price_tamper": abusePrice,
	"query_input": abuseQuery, "text_identity": abuseText, "idempotency": abuseTwice, "privacy": abusePrivacy,
}

// withoutPages are the areas that packages answer for.
var withoutPages = map[string]string{
	"csv_cell": "internal/table", "header_value": "campaign/message", "outbound_url": "campaign/message/outbound",
	"webhook_signature": "cart/payment", "webhook_order": "cart/payment", "json_input": "segment/rule", "amount": "pricing",
	"code_strength": "pricing/coupon", "rule": "segment/rule", "referral": "loyalty/referral", "points": "loyalty",
	"audit": "segment/audit", "media_name": "catalog/review/moderation", "payment_state": "cart/payment",
}

// TestReference runs the cases of the security reference as somebody at a browser would
// try them.
func TestReference(t *testing.T) {
	var cases []abuse
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for i := range cases {
		c := &cases[i]
		try := throughPages[c.Area]
		if try == nil {
			require.Contains(t, withoutPages, c.Area, "%s: nobody answers for this area", c.ID)
			continue
		}
		t.Run(c.ID, func(t *testing.T) { try(t, c) })
	}
}

// in reads the input of a case.
func in[T any](t *testing.T, c *abuse) (v T) {
	t.Helper()
	testkit.Strict(t, c.Input, &v)
	return v
}

// status posts or gets and returns the answer with its status.
func (b *browser) status(method, path string, fields ...string) (int, string, string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r, err := b.Do(request)
	require.NoError(b.t, err)
	body, at := b.read(r)
	return r.StatusCode, body, at
}

// bought is an order of whoever uses the browser: its path, and its ID.
func (b *browser) bought() (path string, id string) {
	b.t.Helper()
	_, path = b.order(b.review("en", "card-4242"), "en")
	require.Regexp(b.t, `^/en/orders/`, path)
	return path, strings.TrimPrefix(path, "/en/orders/")
}

// abuseAccess has somebody reach for what is another's: the answer is that for what does
// not exist, byte for byte, and nothing changes.
func abuseAccess(t *testing.T, c *abuse) {
	of := in[struct {
		Actor, Action, Object, Owner string
		Token                        *string
	}](t, c)
	want := expect(t, c)
	require.Equal(t, "refused", want.Result)
	require.Equal(t, "not_found", want.Kind)
	require.True(t, want.Same)
	shop := opened(t, "memory")
	owner := visit(t, site(shop))
	if of.Owner != "guest" {
		owner.join(shop, "owner@example.com", "")
	}
	thief := again(t, owner.base)
	if of.Actor != "" {
		thief.join(shop, "thief@example.com", "")
	}
	const none = "00000000-0000-0000-0000-000000000000"
	alike := func(id string, ask func(id string) (int, string)) {
		t.Helper()
		code, answer := ask(id)
		missing, nothing := ask(none)
		require.Equal(t, http.StatusNotFound, code, answer)
		require.Equal(t, missing, code)
		require.Equal(t, strings.ReplaceAll(nothing, none, id), answer)
	}
	switch of.Action {
	case "order.get":
		_, id := owner.bought()
		query := ""
		if of.Token != nil {
			query = "?token=" + url.QueryEscape(*of.Token)
		}
		for _, path := range []string{"/en/orders/%s", "/en/orders/%s/papers/0", "/en/orders/%s/slips/p1"} {
			alike(id, func(id string) (int, string) {
				code, body, _ := thief.status("GET", fmt.Sprintf(path, id)+query)
				return code, body
			})
		}
	case "order.set_address":
		// Addresses belong to sessions and accounts here: the thief orders with another's session.
		body := owner.review("en", "card-4242")
		thief.review("en", "card-4242")
		alike(hidden(t, body, "session"), func(id string) (int, string) {
			code, body, _ := thief.status("POST", "/en/checkout/place", "session", id, "seen", "1")
			return code, body
		})
		_, at := owner.order(body, "en")
		require.Regexp(t, `^/en/orders/`, at, "the owner's session is as it was")
	case "cart.merge":
		// Carts are found by signed cookies alone: one that is forged, or that names a cart, is none.
		owner.press("/en/cart/add", "sku", "stoneware-mug-blue", "quantity", "2")
		before, _ := owner.see("/en/cart")
		empty, _ := thief.see("/en/cart")
		for _, cookie := range owner.Jar.Cookies(must(url.Parse(owner.base))) {
			forged := *cookie
			if at := len(forged.Value) / 2; at > 0 {
				forged.Value = forged.Value[:at] + string('A'+(forged.Value[at]-'A'+1)%26) + forged.Value[at+1:]
			}
			stranger := again(t, owner.base)
			stranger.Jar.SetCookies(must(url.Parse(owner.base)), []*http.Cookie{&forged})
			stranger.join(shop, "other@example.com", "")
			got, _ := stranger.see("/en/cart")
			require.NotContains(t, got, "stoneware-mug-blue")
		}
		got, _ := thief.see("/en/cart")
		require.Equal(t, empty, got)
		after, _ := owner.see("/en/cart")
		require.Equal(t, before, after)
	case "points.redeem":
		id := owner.who(shop, "owner@example.com")
		_, err := shop.Points.Apply(t.Context(), loyalty.Operation{Member: id, Key: "present", Kind: loyalty.Earn, Points: 500, At: time.Now(), AvailableAt: time.Now()})
		require.NoError(t, err)
		thief.review("en", "card-4242")
		body, _ := thief.press("/en/checkout/payment", "number", numbers["card-4242"], "expiry", "12/40", "points", "yes", "customer", string(id), "member", string(id))
		_, at := thief.order(body, "en")
		require.Equal(t, "/en/checkout/place", at, "who has no points cannot pay with points")
		require.Empty(t, placed(t, shop))
		require.Equal(t, int64(500), available(t, shop, id))
	case "return.cancel":
		path, id := owner.bought()
		before, _ := owner.see(path)
		for _, what := range []string{"return", "exchange"} {
			alike(id, func(id string) (int, string) {
				code, body, _ := thief.status("POST", "/en/orders/"+id+"/"+what, "line", "1", "quantity", "1", "return", "r1")
				return code, body
			})
		}
		after, _ := owner.see(path)
		require.Equal(t, before, after)
	default:
		t.Fatalf("no page is asked for %q", of.Action)
	}
}

// expected is what a case wants; an area reads what it knows.
type expected struct {
	Result, Kind string
	Same         bool           `json:"same_answer_as_missing"`
	NotContain   []string       `json:"must_not_contain"`
	Contain      []string       `json:"must_contain"`
	Any          []string       `json:"must_contain_any"`
	OneOf        []alternative  `json:"one_of"`
	Checked      int64          `json:"codes_checked"`
	Equal        bool           `json:"all_answers_equal"`
	Redeemed     int            `json:"redeemed"`
	Refused      int            `json:"refused"`
	RoundTrip    bool           `json:"round_trip"`
	Match        *bool          `json:"match"`
	Orders       int            `json:"orders"`
	Leaks        bool           `json:"leaks_first_answer"`
	Second       []string       `json:"second_one_of"`
	Nowhere      []string       `json:"must_not_find_anywhere"`
	Kept         map[string]any `json:"kept"`
	Again        string         `json:"again"`
}

type alternative struct {
	Result, Kind string
	Total        int64 `json:"total"`
	MaxRows      int   `json:"max_rows"`
}

func expect(t *testing.T, c *abuse) (want expected) {
	t.Helper()
	testkit.Strict(t, c.Expected, &want)
	return want
}

// abuseHTML puts a text wherever a customer is named; pages show it as text.
func abuseHTML(t *testing.T, c *abuse) {
	of := in[struct {
		Template string            `json:"template"`
		Data     map[string]string `json:"data"`
		Email    string            `json:"customer_email"`
	}](t, c)
	want := expect(t, c)
	require.Equal(t, "accepted", want.Result)
	// shown are the pages that name a customer, the desk's among them.
	shown := func(name string) (all []string) {
		shop := opened(t, "memory")
		b := visit(t, site(shop))
		b.join(shop, of.Email, "")
		b.press("/en/account/profile", "name", name, "street", name, "postcode", "10115", "city", "Berlin", "country", "DE")
		b.press("/en/cart/add", "sku", "stoneware-mug-blue")
		b.press("/en/checkout/address", "email", of.Email, "name", name, "street", name, "postcode", "10115", "city", "Berlin", "country", "DE")
		b.press("/en/checkout/delivery", "option", "standard")
		body, _ := b.press("/en/checkout/payment", "number", numbers["card-4242"], "expiry", "12/40")
		confirmation, at := b.order(body, "en")
		require.Regexp(t, `^/en/orders/`, at, body)
		account, _ := b.see("/en/account")
		found, _ := b.see("/en/goods?q=" + url.QueryEscape(name))
		keeper := again(t, b.base)
		keeper.press("/en/desk/login", "password", "secret word")
		one, _ := keeper.see("/en/desk/orders/" + strings.TrimPrefix(at, "/en/orders/"))
		slip, _ := keeper.see("/en/desk/orders/" + strings.TrimPrefix(at, "/en/orders/") + "/slips/p1")
		return append(all, body, confirmation, account, found, one, slip)
	}
	hostile := of.Data["name"]
	escaped := template.HTMLEscapeString(hostile)
	innocent := shown("Ann Example")
	for i, body := range shown(hostile) {
		body = strings.ReplaceAll(body, "&#43;", "+")
		require.Contains(t, body, escaped, "page %d", i)
		rest := strings.ReplaceAll(strings.ReplaceAll(body, escaped, ""), url.QueryEscape(hostile), "")
		for _, word := range want.NotContain {
			if word == "@" || word == "49" { // also stand on pages of nobody: what the text would compute is in none of its places
				word = strings.NewReplacer("{name}", word).Replace(">{name}<")
			}
			require.LessOrEqual(t, strings.Count(rest, word), strings.Count(innocent[i], word), "page %d has %q", i, word)
		}
		for _, word := range want.Contain {
			require.Contains(t, body, word)
		}
	}
}

// abuseGuess has a guest guess codes: answers do not tell, and guessing ends.
func abuseGuess(t *testing.T, c *abuse) {
	of := in[struct {
		Limit     json.RawMessage   `json:"limit"`
		Wrong     int               `json:"wrong"`
		Right     int               `json:"then_right"`
		Codes     map[string]string `json:"codes"`
		Audience  string            `json:"audience"`
		Parallel  int               `json:"parallel"`
		Customers int               `json:"customers"`
	}](t, c)
	want := expect(t, c)
	shop := opened(t, "memory")
	now := time.Now()
	campaigns := []coupon.Campaign{
		{ID: "series", Promotion: "welcome", PerCode: 1}, {ID: "over", Promotion: "welcome", PerCode: 1, Ends: now.Add(-time.Hour)}, {ID: "once", Promotion: "welcome", Limit: 1},
	}
	for _, campaign := range campaigns {
		_, err := shop.Codes.SaveCampaign(t.Context(), campaign)
		require.NoError(t, err)
	}
	b := visit(t, site(shop))
	switch {
	case of.Codes != nil:
		require.True(t, want.Equal)
		answers := map[string]string{}
		for what, code := range of.Codes {
			made := coupon.Code{Code: coupon.Normalize("ZZ-" + code), Campaign: "series"}
			switch what {
			case "never existed":
			case "expired":
				made.Campaign = "over"
				require.NoError(t, shop.Codes.Add(t.Context(), made))
			case "of another customer":
				made.Customer = "somebody"
				require.NoError(t, shop.Codes.Add(t.Context(), made))
			case "used up":
				require.NoError(t, shop.Codes.Add(t.Context(), made))
				user := again(t, b.base)
				user.review("en", "card-4242")
				body, _ := user.press("/en/checkout/code", "code", made.Code)
				_, at := user.order(body, "en")
				require.Regexp(t, `^/en/orders/`, at)
			default:
				t.Fatalf("a code that %s", what)
			}
			guest := again(t, b.base)
			guest.review("en", "card-4242")
			body, _ := guest.press("/en/checkout/code", "code", made.Code)
			body = strings.NewReplacer(made.Code, "CODE", strings.ToLower(made.Code), "CODE", hidden(t, body, "session"), "SESSION").Replace(body)
			answers[body] = what
		}
		require.Len(t, answers, 1, "answers tell one from another")
	case of.Parallel > 0:
		require.NoError(t, shop.Codes.Add(t.Context(), coupon.Code{Code: "ONLY1", Campaign: "once"}))
		var wg sync.WaitGroup
		discounted := make([]bool, of.Parallel)
		for i := range of.Parallel {
			guest := again(t, b.base)
			guest.review("en", "card-4242")
			body, _ := guest.press("/en/checkout/code", "code", "ONLY1")
			session, seen := hidden(t, body, "session"), hidden(t, body, "seen")
			wg.Go(func() {
				if _, at := guest.press("/en/checkout/place", "session", session, "seen", seen); strings.HasPrefix(at, "/en/orders/") {
					o, err := shop.Orders.Get(t.Context(), order.ID(strings.TrimPrefix(at, "/en/orders/")))
					discounted[i] = err == nil && !o.Discount.IsZero()
				}
			})
		}
		wg.Wait()
		redeemed := 0
		for _, yes := range discounted {
			if yes {
				redeemed++
			}
		}
		require.Equal(t, want.Redeemed, redeemed)
	default:
		require.Equal(t, "rate_limited", want.Kind)
		b.review("en", "card-4242")
		for i := range of.Wrong {
			if code, _, _ := b.status("POST", "/en/checkout/code", "code", fmt.Sprintf("WRONG-%d", i)); code == http.StatusTooManyRequests {
				break // the pages' own limit came first
			}
		}
		for range of.Right {
			b.status("POST", "/en/checkout/code", "code", "welcome")
			body, _ := b.see("/en/checkout")
			require.NotContains(t, body, "26.32", "the right code is not looked at any more")
		}
	}
}

// abusePrice sends prices and groups of one's own, and confirms what was not seen.
func abusePrice(t *testing.T, c *abuse) {
	of := in[struct {
		Catalog map[string]int64 `json:"catalog"`
		Lists   []map[string]any `json:"lists"`
		Groups  []string         `json:"actor_groups"`
		Request struct {
			Group string
			Lines []struct {
				SKU       string `json:"sku"`
				Quantity  int    `json:"qty"`
				UnitPrice int64  `json:"unit_price"`
			}
		} `json:"request"`
		Quoted  int64            `json:"quoted_total"`
		Then    map[string]int64 `json:"then_catalog"`
		Version string           `json:"accept_quote_version"`
		Add     *struct {
			SKU string `json:"sku"`
			Qty int    `json:"qty"`
		} `json:"then_add"`
		Pay int64 `json:"pay"`
	}](t, c)
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	switch {
	case of.Request.Lines != nil:
		honest, liar := again(t, b.base), again(t, b.base)
		n := fmt.Sprint(of.Request.Lines[0].Quantity)
		want, _ := honest.press("/en/cart/add", "sku", "stoneware-mug-blue", "quantity", n)
		got, _ := liar.press("/en/cart/add", "sku", "stoneware-mug-blue", "quantity", n, "unit_price", fmt.Sprint(of.Request.Lines[0].UnitPrice), "price", "1", "agreed", "0.01 EUR", "group", of.Request.Group, "groups", of.Request.Group)
		require.Equal(t, want, got)
	default:
		want := expect(t, c)
		require.Equal(t, "conflict", want.Kind)
		body := b.review("en", "card-4242")
		if of.Add != nil {
			b.press("/en/cart/add", "sku", "stoneware-mug-blue", "quantity", fmt.Sprint(of.Add.Qty))
		} else {
			l := data.Prices()
			l.Version = 1
			for i := range l.Entries {
				if e := &l.Entries[i]; e.SKU == "stoneware-mug-blue" && e.Unit.Currency() == money.EUR {
					e.Unit = money.PriceOf(money.New(of.Then["A"], money.EUR))
				}
			}
			_, err := shop.Prices.SaveList(t.Context(), l)
			require.NoError(t, err)
		}
		changed, at := b.order(body, "en")
		require.Equal(t, "/en/checkout/place", at)
		require.Contains(t, changed, `role="alert"`, "the buyer is shown what changed")
		require.Empty(t, placed(t, shop))
	}
}

// placed are the orders of a shop.
func placed(t *testing.T, shop *page.Shop) (all []order.Order) {
	t.Helper()
	for o, err := range shop.Orders.List(t.Context(), order.Filter{}) {
		require.NoError(t, err)
		all = append(all, o)
	}
	return all
}

// abuseQuery puts statements of databases into what a page is asked for.
func abuseQuery(t *testing.T, c *abuse) {
	of := in[struct {
		SKU, Sort, Language string
		Limit               int
	}](t, c)
	b := visit(t, site(opened(t, "sqlite:"+t.TempDir()+"/store.db")))
	usual, _ := b.see("/en/goods")
	switch {
	case of.SKU != "":
		b.press("/en/cart/add", "sku", of.SKU)
		body, _ := b.see("/en/cart")
		require.NotContains(t, body, of.SKU)
	case of.Sort != "":
		code, body, _ := b.status("GET", "/en/goods?sort="+url.QueryEscape(of.Sort))
		require.True(t, code >= 400 || strings.Count(body, "/en/goods/") == strings.Count(usual, "/en/goods/"), "%d: %s", code, body)
	case of.Language != "":
		code, _, _ := b.status("GET", "/"+url.PathEscape(of.Language)+"/goods")
		require.GreaterOrEqual(t, code, 400)
	case of.Limit > 0:
		code, body, _ := b.status("GET", fmt.Sprintf("/en/goods?limit=%d&page=%d", of.Limit, of.Limit))
		require.True(t, code >= 400 || strings.Count(body, "<li") <= 1000, "%d", code)
	default:
		t.Fatal("nothing is asked for")
	}
	after, _ := b.see("/en/goods")
	require.Equal(t, usual, after, "nothing changed")
}

// abuseText types codes in other letters, and items that are none.
func abuseText(t *testing.T, c *abuse) {
	of := in[struct {
		Stored string          `json:"stored"`
		Typed  string          `json:"typed"`
		SKU    json.RawMessage `json:"sku"`
	}](t, c)
	want := expect(t, c)
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	if of.SKU != nil {
		empty, _ := b.see("/en/cart")
		code, _, _ := b.status("POST", "/en/cart/add", "sku", repeated(t, of.SKU))
		require.GreaterOrEqual(t, code, 400)
		after, _ := b.see("/en/cart")
		require.Equal(t, empty, after)
		return
	}
	require.NoError(t, shop.Codes.Add(t.Context(), coupon.Code{Code: coupon.Normalize(of.Stored), Campaign: "welcome"}))
	b.review("en", "card-4242")
	body, _ := b.press("/en/checkout/code", "code", of.Typed)
	require.Equal(t, *want.Match, strings.Contains(body, "26.32"), body)
}

// repeated reads a text, or one that is repeated.
func repeated(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var long struct {
		Repeat string `json:"repeat"`
		Times  int    `json:"times"`
		Suffix string `json:"suffix"`
	}
	testkit.Strict(t, raw, &long)
	return strings.Repeat(long.Repeat, long.Times) + long.Suffix
}

// abuseTwice presses the button again, in two tabs at once, and with the session of another.
func abuseTwice(t *testing.T, c *abuse) {
	of := in[struct {
		First, Second *struct {
			Key, Customer string
			Amount        int64
		}
		Parallel      int
		Key, Customer string
		Amount        int64
	}](t, c)
	want := expect(t, c)
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	body := b.review("en", "card-4242")
	session, seen := hidden(t, body, "session"), hidden(t, body, "seen")
	switch {
	case of.Parallel > 0:
		var wg sync.WaitGroup
		for range of.Parallel {
			wg.Go(func() { b.press("/en/checkout/place", "session", session, "seen", seen) })
		}
		wg.Wait()
	case of.First.Customer != of.Second.Customer:
		other := again(t, b.base)
		theirs := other.review("en", "card-4242")
		_, mine := b.press("/en/checkout/place", "session", session, "seen", seen, "key", of.First.Key)
		answer, _ := other.press("/en/checkout/place", "session", session, "seen", seen, "key", of.Second.Key)
		require.NotContains(t, answer, strings.TrimPrefix(mine, "/en/orders/"), "the first answer is not another's")
		_, at := other.press("/en/checkout/place", "session", hidden(t, theirs, "session"), "seen", hidden(t, theirs, "seen"), "key", of.Second.Key)
		require.Regexp(t, `^/en/orders/`, at)
		require.NotEqual(t, mine, at)
	default:
		b.press("/en/checkout/place", "session", session, "seen", seen)
		b.press("/en/cart/add", "sku", "espresso-cup-white")
		b.press("/en/checkout/place", "session", session, "seen", seen)
	}
	require.Len(t, placed(t, shop), want.Orders)
}

// abusePrivacy looks for what must not be seen or kept.
func abusePrivacy(t *testing.T, c *abuse) {
	want := expect(t, c)
	switch {
	case want.Nowhere != nil:
		of := in[struct {
			Customer, Email string
			Stores          []string
			Orders          []struct {
				ID    string
				Total int64
			}
		}](t, c)
		require.Equal(t, "accepted", want.Result)
		require.Equal(t, "no change", want.Again)
		require.EqualValues(t, len(of.Orders), want.Kept["orders"])
		erasure(t, of.Email, want.Nowhere)
	case want.Kind == "unauthenticated":
		of := in[struct {
			Link struct{ Customer, Token string }
		}](t, c)
		shop := opened(t, "memory")
		b := visit(t, site(shop))
		b.join(shop, "anna@example.com", "", "newsletter", "yes")
		id := b.who(shop, "anna@example.com")
		before, _ := b.see("/en/account")
		stranger := again(t, b.base)
		for _, customer := range []string{of.Link.Customer, string(id)} {
			for _, method := range []string{"GET", "POST"} {
				query := url.Values{"customer": {customer}, "token": {of.Link.Token}}
				code, _, _ := stranger.status(method, "/en/stop?"+query.Encode(), "customer", customer, "token", of.Link.Token)
				require.Equal(t, flywheel.ProblemOf(flywheel.ErrUnauthenticated).Status, code)
			}
		}
		after, _ := b.see("/en/account")
		require.Equal(t, before, after)
	case want.Kind == "forbidden":
		// A letter is not written to whoever has just ended letters.
		shop := opened(t, "memory")
		b := visit(t, site(shop))
		b.join(shop, "anna@example.com", "", "newsletter", "yes")
		b.press("/en/account/choices") // without the newsletter
		sent := len(shop.Outbox.Mails("anna@example.com"))
		b.press("/en/cart/add", "sku", "stoneware-mug-blue")
		require.NoError(t, shop.Wheel.Drain(t.Context()))
		require.Len(t, shop.Outbox.Mails("anna@example.com"), sent)
	default:
		// Whatever a customer writes, pages of others do not show an address or a phone.
		of := in[struct {
			Customer map[string]string
			Render   []string
		}](t, c)
		shop := opened(t, "memory")
		b := visit(t, site(shop))
		b.join(shop, of.Customer["email"], "")
		b.press("/en/account/profile", "name", of.Customer["name"], "street", "Torstraße 1", "postcode", "10115", "city", "Berlin", "country", "DE", "phone", of.Customer["phone"])
		path, _ := b.bought()
		stranger := again(t, b.base)
		for _, at := range []string{"/en/", "/en/goods/stoneware-mug", path, "/en/account", "/metrics", "/healthz"} {
			body, _ := stranger.see(at)
			for _, word := range want.NotContain {
				require.NotContains(t, body, word, at)
			}
		}
	}
}
