package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message/smtp"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// browser is one device at the store.
type browser struct {
	t    testing.TB
	base string
	*http.Client
}

// opened is a store over a fresh database.
func opened(t testing.TB, where string) *page.Shop {
	t.Helper()
	s, err := open(t.Context(), where)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	shop, err := newShop(t.Context(), s, time.Now, outside{})
	require.NoError(t, err)
	shop.Accounts.Rounds = 1000 // a guess may be cheap in tests
	hangUp, err := connect(shop, smtp.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, hangUp()) })
	return shop
}

func visit(t testing.TB, handler http.Handler) *browser {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return again(t, server.URL)
}

func again(t testing.TB, base string) *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t, base, &http.Client{Jar: jar}}
}

func site(shop *page.Shop) http.Handler {
	return page.New(shop, "secret word", slog.New(slog.DiscardHandler))
}

// see returns a page and where it was in the end.
func (b *browser) see(path string) (string, string) {
	b.t.Helper()
	r, err := b.Get(b.base + path)
	require.NoError(b.t, err)
	return b.read(r)
}

func (b *browser) read(r *http.Response) (string, string) {
	b.t.Helper()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(b.t, err)
	require.Less(b.t, r.StatusCode, 500, "%s: %s", r.Request.URL, body)
	return string(body), r.Request.URL.Path
}

// press sends a form.
func (b *browser) press(path string, fields ...string) (string, string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r, err := b.PostForm(b.base+path, form)
	require.NoError(b.t, err)
	return b.read(r)
}

// hidden returns the value of a hidden field.
func hidden(t testing.TB, body, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	require.NotNil(t, m, "no field %s in %s", name, body)
	return m[1]
}

// numbers are the test cards of the gateway, by their tokens.
var numbers = map[string]string{"card-4242": "4242 4242 4242 4242", "card-0002": "4000 0000 0000 0002", "card-3155": "4000 0025 0000 3155"}

// review goes through the checkout with a cup in the cart and returns the last page.
func (b *browser) review(language, card string) string {
	b.t.Helper()
	_, at := b.press("/"+language+"/cart/add", "sku", "stoneware-mug-blue", "quantity", "2")
	require.Equal(b.t, "/"+language+"/cart", at)
	b.press("/"+language+"/checkout/address", "email", "anna@example.com", "name", "Anna", "street", "Torstraße 1", "postcode", "10115", "city", "Berlin", "country", "DE")
	b.press("/"+language+"/checkout/delivery", "option", "standard")
	body, _ := b.press("/"+language+"/checkout/payment", "number", numbers[card], "expiry", "12/40")
	return body
}

func (b *browser) order(body, language string) (string, string) {
	return b.press("/"+language+"/checkout/place", "session", hidden(b.t, body, "session"), "seen", hidden(b.t, body, "seen"))
}

// A guest finds, buys, gets, and gives back; the desk ships, takes in and sees the money.
func TestBuyAsGuest(t *testing.T) {
	for _, where := range []string{"memory", "sqlite:" + filepath.Join(t.TempDir(), "store.db")} {
		t.Run(strings.SplitN(where, ":", 2)[0], func(t *testing.T) {
			shop := opened(t, where)
			b := visit(t, site(shop))
			body, _ := b.see("/en/goods?q=stonware") // a slip of the finger
			require.Contains(t, body, "Stoneware mug")
			require.NotContains(t, body, "Cast-iron")
			body, _ = b.see("/de/goods?q=Steinzeugbecher&color=Blue")
			require.Contains(t, body, "Steinzeugbecher")

			body = b.review("en", "card-4242")
			require.Contains(t, body, "28.70")
			body, _ = b.press("/en/checkout/code", "code", "welcome")
			require.Contains(t, body, "26.32", "ten per cent off the goods")
			confirmation, at := b.order(body, "en")
			require.Regexp(t, `^/en/orders/`, at)
			require.Contains(t, confirmation, "anna@example.com")
			_, same := b.order(body, "en")
			require.Equal(t, at, same, "the button is pressed twice")
			id := strings.TrimPrefix(at, "/en/orders/")

			stranger := again(t, b.base)
			other, _ := stranger.see(at)
			const nobodys = "00000000-0000-0000-0000-000000000000"
			none, _ := stranger.see("/en/orders/" + nobodys)
			require.Equal(t, strings.ReplaceAll(none, nobodys, id), other, "somebody else's order is like none")

			keeper := again(t, b.base)
			_, at = keeper.see("/en/desk")
			require.Equal(t, "/en/desk/login", at)
			wrong, _ := keeper.press("/en/desk/login", "password", "guess")
			require.Contains(t, wrong, "not the password")
			keeper.press("/en/desk/login", "password", "secret word")
			orders, _ := keeper.see("/en/desk/orders?to=ship")
			require.Contains(t, orders, id)
			keeper.press("/en/desk/orders/"+id+"/ship", "parcel", "p1")
			keeper.press("/en/desk/orders/"+id+"/deliver", "parcel", "p1")

			body, _ = b.press("/en/orders/"+id+"/return", "line", "1", "quantity", "1")
			require.Contains(t, body, "r1")
			one, _ := keeper.press("/en/desk/orders/"+id+"/receive", "return", "r1")
			require.Contains(t, one, "refunded", "half of the goods")
			require.Contains(t, one, "credit_note 1")
			level, err := shop.Stock.Level(t.Context(), "stoneware-mug-blue")
			require.NoError(t, err)
			require.EqualValues(t, 23, level.Available(), "24 less two, and one back")
			require.NoError(t, shop.Wheel.Drain(t.Context()))
			health, _ := keeper.see("/en/desk/health")
			require.Contains(t, health, `<th scope="row">`)
			keeper.press("/en/desk/stock", "sku", "stoneware-mug-blue", "quantity", "5", "number", "n1")
			keeper.press("/en/desk/stock", "sku", "stoneware-mug-blue", "quantity", "5", "number", "n1")
			stock, _ := keeper.see("/en/desk/stock")
			require.Contains(t, stock, ">28<", "a delivery note counts once")
		})
	}
}

// A card that is declined, one that asks the bank, and a buyer who refuses there.
func TestCards(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	body := b.review("de", "card-0002")
	body, at := b.order(body, "de")
	require.Equal(t, "/de/checkout/place", at)
	require.Contains(t, body, `role="alert"`, "the card was declined")
	body, _ = b.press("/de/checkout/payment", "number", "4000 0025 0000 3155", "expiry", "12/40")
	bank, at := b.order(body, "de")
	require.Equal(t, "/de/bank", at)
	session := hidden(t, bank, "session")
	refused, at := b.press("/de/bank", "session", session, "answer", "no")
	require.Equal(t, "/de/bank", at)
	require.Contains(t, refused, `role="alert"`)
	_, at = b.order(refused, "de")
	require.Equal(t, "/de/bank", at)
	_, at = b.press("/de/bank", "session", session, "answer", "yes")
	require.Regexp(t, `^/de/orders/`, at)
}

// A shop that is killed in the middle goes on where the buyer was.
func TestShopThatIsKilled(t *testing.T) {
	where := "sqlite:" + filepath.Join(t.TempDir(), "store.db")
	first := httptest.NewServer(site(opened(t, where)))
	b := again(t, first.URL)
	body := b.review("en", "card-4242")
	first.Close()
	second := httptest.NewServer(site(opened(t, where)))
	t.Cleanup(second.Close)
	cookies := b.Jar.Cookies(must(url.Parse(first.URL)))
	b.Jar.SetCookies(must(url.Parse(second.URL)), cookies)
	b.base = second.URL
	body, at := b.order(body, "en")
	require.Regexp(t, `^/en/orders/`, at, body)

	// A third process gives the money back that the second one took.
	third := opened(t, where)
	require.NoError(t, third.Recall(t.Context()))
	require.NoError(t, third.Recall(t.Context()), "again it changes nothing")
	server := httptest.NewServer(site(third))
	t.Cleanup(server.Close)
	keeper := again(t, server.URL)
	keeper.press("/en/desk/login", "password", "secret word")
	desk, _ := keeper.press("/en/desk/orders/"+strings.TrimPrefix(at, "/en/orders/")+"/refund", "amount", "5.00", "reason", "late", "key", "k")
	require.Contains(t, desk, "credit_note 1")
	require.Equal(t, money.New(500, money.EUR), third.Scripted.Payments()[0].Refunded)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Every form with hostile input: a page that says what to do, and nothing changed.
func TestHostileInput(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	for _, c := range []struct {
		path   string
		fields []string
	}{
		{"/en/cart/add", []string{"sku", "<script>alert(1)</script>"}}, {"/en/cart/add", []string{"sku", "stoneware-mug-blue", "quantity", "-3"}},
		{"/en/cart/add", []string{"sku", "stoneware-mug-blue", "quantity", "99999999999999999999"}}, {"/en/cart/add", []string{"sku", strings.Repeat("x", 9000)}},
		{"/en/cart/add", []string{"sku", "\u202egum-erawenots"}}, {"/en/cart/set", []string{"line", "7", "quantity", "x"}},
		{"/en/checkout/place", []string{"session", "somebody-elses", "seen", "1"}}, {"/en/bank", []string{"session", "../../etc", "answer", "yes"}},
		{"/en/orders/none/return", []string{"line", "1"}}, {"/en/desk/login", []string{"password", ""}},
	} {
		body, _ := b.press(c.path, c.fields...)
		require.NotContains(t, body, "<script>")
	}
	for _, path := range []string{"/en/goods?q=" + url.QueryEscape("<script>"+strings.Repeat("a ", 900)), "/en/goods/../../go.mod", "/en/goods/%00", "/fr/", "/en/orders/' OR 1=1 --"} {
		r, err := b.Get(b.base + strings.ReplaceAll(path, " ", "%20"))
		require.NoError(t, err)
		body, _ := b.read(r)
		require.NotContains(t, body, "<script>")
	}
	level, err := shop.Stock.Level(t.Context(), "stoneware-mug-blue")
	require.NoError(t, err)
	require.EqualValues(t, 24, level.Available())

	// Ten megabytes, a post from another origin, a forged cookie.
	r, err := b.Post(b.base+"/en/cart/add", "application/x-www-form-urlencoded", strings.NewReader("sku="+strings.Repeat("a", 10<<20)))
	if err == nil {
		require.Equal(t, http.StatusRequestEntityTooLarge, r.StatusCode)
		r.Body.Close()
	}
	request := must(http.NewRequestWithContext(t.Context(), "POST", b.base+"/en/cart/add", strings.NewReader("sku=stoneware-mug-blue")))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "https://evil.example")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	r, err = b.Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, r.StatusCode)
	r.Body.Close()
	request = must(http.NewRequestWithContext(t.Context(), "GET", b.base+"/en/desk", nil))
	request.AddCookie(&http.Cookie{Name: "store", Value: "AAAA.AAAA"})
	r, err = http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, "/en/desk/login", r.Request.URL.Path)
	require.Contains(t, r.Header.Get("Content-Security-Policy"), "default-src 'none'")
	r.Body.Close()
}

// Pages are small, have one script that waits, name their language, and every field has a label.
func TestPages(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	css, _ := b.see("/style.css")
	js, _ := b.see("/store.js")
	require.Less(t, len(css), 12_000)
	b.press("/en/cart/add", "sku", "espresso-cup-white")
	for _, path := range []string{"/en/", "/de/", "/zh/goods", "/en/goods?q=lamp&brand=Nordlicht", "/en/goods/stoneware-mug", "/en/cart", "/en/checkout", "/en/goods?q=nothingatall", "/en/nowhere"} {
		body, _ := b.see(path)
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		io.WriteString(z, body+css+js) //nolint:errcheck // memory
		z.Close()
		require.Less(t, packed.Len(), 150_000, path)
		require.Equal(t, 1, strings.Count(body, "<script"), path)
		require.Contains(t, body, `<script src="/store.js" defer></script>`, path)
		if path == "/en/nowhere" {
			continue
		}
		require.Contains(t, body, `lang="`+path[1:3]+`"`)
		require.Contains(t, body, "<h1>")
		for _, input := range regexp.MustCompile(`<input[^>]*>`).FindAllString(body, -1) {
			if strings.Contains(input, `type="hidden"`) || strings.Contains(input, `id="q"`) {
				continue
			}
			before := body[:strings.Index(body, input)]
			require.Greater(t, strings.LastIndex(before, "<label"), strings.LastIndex(before, "</label"), "%s: %s has no label", path, input)
		}
	}
}

// The command opens, serves and closes.
func TestCommand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-store", "sqlite:" + filepath.Join(t.TempDir(), "s.db"), "-addr", "127.0.0.1:0", "-desk", "x", "-past", "9"})
	}()
	cancel()
	if err := <-ended; err != nil {
		require.True(t, errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed), "%v", err)
	}
	require.Error(t, run(t.Context(), []string{"-store", "floppy:a"}))
}

// A clerk serves customers and may change nothing else; whoever signs out is out.
func TestRoles(t *testing.T) {
	shop := opened(t, "memory")
	shop.ClerkPassword = "clerk's word"
	b := visit(t, site(shop))
	b.press("/en/desk/login", "password", "clerk's word")
	for _, path := range []string{"/en/desk", "/en/desk/orders", "/en/desk/customers", "/en/desk/tickets", "/en/desk/reviews", "/en/desk/stock"} {
		body, at := b.see(path)
		require.Equal(t, path, at)
		require.NotContains(t, body, "/en/desk/promotions", "what a clerk may not see is not in the menu")
	}
	for _, path := range []string{"/en/desk/catalog", "/en/desk/replenish", "/en/desk/promotions", "/en/desk/segments", "/en/desk/journeys", "/en/desk/experiments", "/en/desk/loyalty", "/en/desk/health"} {
		r, err := b.Get(b.base + path)
		require.NoError(t, err)
		r.Body.Close()
		require.Equal(t, http.StatusForbidden, r.StatusCode, path)
	}
	before, err := shop.Prices.Promotions(t.Context())
	require.NoError(t, err)
	b.press("/en/desk/promotions", "document", `{"id": "mine", "percent": "0.9"}`)
	after, err := shop.Prices.Promotions(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
	b.press("/en/desk/logout")
	_, at := b.see("/en/desk/orders")
	require.Equal(t, "/en/desk/login", at)
}

// Every form of the desk with hostile input: a refusal that is shown, and nothing changed.
func TestHostileDesk(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	b.press("/en/desk/login", "password", "secret word")
	ctx := t.Context()
	promotions, err := shop.Prices.Promotions(ctx)
	require.NoError(t, err)
	segments, err := shop.Profiles.Definitions(ctx)
	require.NoError(t, err)
	const script = "<script>alert(1)</script>"
	for _, c := range []struct {
		path   string
		fields []string
	}{
		{"/en/desk/promotions", []string{"document", script}}, {"/en/desk/promotions", []string{"document", `{"id": "x", "percent": "7"}`}}, {"/en/desk/promotions", []string{"document", "{", "try", "1"}},
		{"/en/desk/promotions/end", []string{"id", "none", "version", "1"}}, {"/en/desk/segments", []string{"name", script, "rule", "{"}}, {"/en/desk/segments", []string{"name", "x", "rule", `{"no such": 1}`, "try", "1"}},
		{"/en/desk/segments/retire", []string{"name", "none"}}, {"/en/desk/stock", []string{"sku", script, "quantity", "5", "number", "n"}}, {"/en/desk/stock", []string{"sku", "stoneware-mug-blue", "quantity", "-5", "number", "n"}},
		{"/en/desk/replenish", []string{"sku", "stoneware-mug-blue", "quantity", "-1", "number", "n"}}, {"/en/desk/replenish/arrived", []string{"order", "none"}},
		{"/en/desk/experiments", []string{"feature", "none", "units", "10"}}, {"/en/desk/experiments", []string{"feature", "recommendations", "units", "-10"}}, {"/en/desk/experiments/switch", []string{"feature", "recommendations", "to", script}},
		{"/en/desk/experiments/none/decide", nil}, {"/en/desk/journeys/order", []string{"document", `{"id": "order"}`}}, {"/en/desk/journeys/order", []string{"document", `{"id": "other"}`}}, {"/en/desk/journeys/none/pause", nil},
		{"/en/desk/catalog", []string{"file", script}}, {"/en/desk/catalog", []string{"file", `{"id": "x"`, "try", "1"}}, {"/en/desk/catalog/status", []string{"product", "none", "status", "active"}}, {"/en/desk/catalog/status", []string{"product", "stoneware-mug", "status", script}},
		{"/en/desk/reviews", []string{"post", "none", "verdict", "approved"}}, {"/en/desk/tickets", []string{"subject", "", "text", "", "priority", "no"}}, {"/en/desk/tickets/none", []string{"text", "x", "then", "solved"}},
		{"/en/desk/health/retry", []string{"consumer", "none", "at", "7"}}, {"/en/desk/health/drop", []string{"consumer", "none", "at", "x"}}, {"/en/desk/health/replay", []string{"message", "none"}},
		{"/en/desk/orders/none/refund", []string{"amount", "lots"}}, {"/en/desk/orders/none/ship", []string{"parcel", "p1"}},
	} {
		form := url.Values{}
		for i := 0; i+1 < len(c.fields); i += 2 {
			form.Add(c.fields[i], c.fields[i+1])
		}
		r, err := b.PostForm(b.base+c.path, form)
		require.NoError(t, err)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		r.Body.Close()
		require.GreaterOrEqual(t, r.StatusCode, 400, "%s %v", c.path, c.fields)
		require.Less(t, r.StatusCode, 500, "%s %v: %s", c.path, c.fields, body)
		require.NotContains(t, string(body), script)
	}
	after, err := shop.Prices.Promotions(ctx)
	require.NoError(t, err)
	require.Equal(t, promotions, after)
	still, err := shop.Profiles.Definitions(ctx)
	require.NoError(t, err)
	require.Equal(t, segments, still)
}

// What a table of the desk shows is what its CSV has, without a formula.
func TestCSV(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	b.press("/en/desk/login", "password", "secret word")
	r, err := b.Get(b.base + "/en/desk/stock?csv=stock&q=mug")
	require.NoError(t, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body.Close()
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	require.Equal(t, "attachment; filename=stock.csv", r.Header.Get("Content-Disposition"))
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	require.Len(t, lines, 4, "a head and three mugs: %s", body)
}

// An event that a consumer cannot take waits at the desk: it is tried again there, stays with
// its cause while the cause lasts, and is given up by hand; everybody else's goes on.
func TestParkedEvent(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	b.press("/en/desk/login", "password", "secret word")
	ctx := t.Context()
	for i, minor := range []int64{math.MaxInt64, math.MaxInt64, 100} { // two that no sum can hold
		who := flywheel.CustomerID("rich")
		if minor == 100 {
			who = "anna"
		}
		require.NoError(t, shop.Events.Publish(ctx, flywheel.Event{ID: fmt.Sprint("e", i), Name: flywheel.EventPurchase, Ref: fmt.Sprint("o", i), Time: shop.Now(), Customer: who, Value: money.New(minor, money.EUR)}))
	}
	require.NoError(t, shop.Wheel.Drain(ctx))
	body, _ := b.see("/en/desk/health")
	require.Contains(t, body, "Parked events")
	m := regexp.MustCompile(`name="consumer" value="([^"]+)"><input type="hidden" name="at" value="(\d+)"><button>Retry`).FindStringSubmatch(body)
	require.NotNil(t, m, body)
	today, _ := b.see("/en/desk")
	require.Contains(t, today, "wait for you")
	_, at := b.press("/en/desk/health/retry", "consumer", m[1], "at", m[2])
	require.Equal(t, "/en/desk/health", at)
	body, _ = b.see("/en/desk/health")
	require.Contains(t, body, `name="at" value="`+m[2]+`"><button>Retry`, "its cause lasts")
	b.press("/en/desk/health/drop", "consumer", m[1], "at", m[2])
	waiting, err := shop.Wheel.Parked(ctx, m[1])
	require.NoError(t, err)
	for _, p := range waiting {
		require.NotEqual(t, m[2], fmt.Sprint(p.Position))
	}
	anna, err := shop.Profiles.Get(ctx, "anna")
	require.NoError(t, err)
	require.EqualValues(t, 1, anna.Orders)
}

// A buyer who comes back to the cart is told what has another price now, once.
func TestPriceThatChanged(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	b.press("/de/cart/add", "sku", "stoneware-mug-blue", "quantity", "2")
	body, _ := b.see("/de/cart")
	require.NotContains(t, body, "der Preis war")
	l := data.Prices()
	l.Version = 1
	for i := range l.Entries {
		if e := &l.Entries[i]; e.SKU == "stoneware-mug-blue" && e.Unit.Currency() == money.EUR {
			e.Unit = money.MustPrice("12.50", money.EUR)
		}
	}
	_, err := shop.Prices.SaveList(t.Context(), l)
	require.NoError(t, err)
	body, _ = b.see("/de/cart")
	require.Contains(t, body, "der Preis war 11,90\u00a0€ und ist jetzt 12,50\u00a0€.")
	require.Contains(t, body, "25,00")
	body, _ = b.see("/de/cart")
	require.NotContains(t, body, "der Preis war")
}
