package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/stripe"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// Programs ask whether the store is alive, whether it can serve, and what it did.
func TestMachines(t *testing.T) {
	s, err := open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "store.db"))
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, time.Now, outside{})
	require.NoError(t, err)
	b := visit(t, site(shop))
	for path, want := range map[string]string{"/healthz": "alive\n", "/readyz": "ready\n"} {
		body, _ := b.see(path)
		require.Equal(t, want, body)
	}
	require.Empty(t, b.Jar.Cookies(must(http.NewRequest("GET", b.base, nil)).URL), "a machine is no visitor")
	b.see("/en/")
	b.see("/en/goods/none")
	figures, _ := b.see("/metrics")
	for _, line := range []string{
		"# TYPE store_http_request_seconds histogram", `store_http_request_seconds_count{pattern="GET /en/{$}",status="200"} 1`, `store_http_request_seconds_bucket{pattern="GET /en/{$}",status="200",le="+Inf"} 1`,
		`store_http_request_seconds_count{pattern="GET /en/goods/{slug}",status="404"} 1`, `store_consumer_parked{consumer="loyalty.Service"} 0`, "# TYPE store_consumer_lag gauge", "store_messages_dead 0", "store_heap_bytes ",
	} {
		require.Contains(t, figures, line)
	}
	for line := range strings.Lines(figures) { // the text format: comments, or a name with labels and one number
		require.Regexp(t, `^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^{}]*(\{[^}]*\}[^{}]*)*\})? [0-9.e+-]+)\n$`, line)
	}
	request := must(http.NewRequestWithContext(t.Context(), "GET", b.base+"/metrics", nil))
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	r, err := b.Do(request)
	require.NoError(t, err)
	r.Body.Close()
	require.Equal(t, http.StatusNotFound, r.StatusCode, "not for the world behind a proxy")

	require.NoError(t, s.close())
	r, err = b.Get(b.base + "/readyz")
	require.NoError(t, err)
	r.Body.Close()
	require.Equal(t, http.StatusInternalServerError, r.StatusCode)
	alive, _ := b.see("/healthz")
	require.Equal(t, "alive\n", alive)
}

// The bank says by itself that a buyer has confirmed who never came back: the order is placed, once,
// and only if the gateway has signed.
func TestWebhooksIn(t *testing.T) {
	wheres(t, func(t *testing.T, where string) {
		shop := opened(t, where)
		b := visit(t, site(shop))
		bank, at := b.order(b.review("en", "card-3155"), "en")
		require.Equal(t, "/en/bank", at)
		paid := shop.Scripted.Payments()[0]
		require.NoError(t, shop.Scripted.Finish(paid.ID, true)) // and the window is closed
		body, err := json.Marshal(map[string]any{"id": "n1", "type": payment.NoticeAuthorized, "session": hidden(t, bank, "session"), "charge": paid.Key, "authorization": paid.ID})
		require.NoError(t, err)
		post := func(signature string) int {
			r := must(http.NewRequestWithContext(t.Context(), "POST", b.base+"/hooks/payment", bytes.NewReader(body)))
			r.Header.Set(web.SignatureHeader, signature)
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			answer.Body.Close()
			return answer.StatusCode
		}
		orders := func() (n int) {
			for _, err := range shop.Orders.List(t.Context(), order.Filter{}) {
				require.NoError(t, err)
				n++
			}
			return n
		}
		for _, forged := range []string{"", "t=1,v1=00", payment.Sign("guess", body, time.Now())} {
			require.Equal(t, http.StatusUnauthorized, post(forged))
		}
		require.GreaterOrEqual(t, post(payment.Sign(shop.HookSecret, body, time.Now().Add(-time.Hour))), 400, "too old")
		require.Zero(t, orders())
		for range 2 {
			require.Equal(t, http.StatusOK, post(payment.Sign(shop.HookSecret, body, time.Now())))
			require.Equal(t, 1, orders())
		}
		body, _ = json.Marshal(map[string]any{"id": "n2", "type": payment.NoticeAuthorized, "session": "nobody's"})
		require.Equal(t, http.StatusNotFound, post(payment.Sign(shop.HookSecret, body, time.Now())))
	})
}

// Another program learns what happens to an order, signed, again until it takes it, under one
// identifier, and of the buyer nothing.
func TestWebhooksOut(t *testing.T) {
	type call struct{ id, kind, body string }
	var mu sync.Mutex
	var calls []call
	verifier := must(payment.NewVerifier(time.Minute, "a shared secret"))
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	partner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || verifier.Verify(r.Header.Get(web.SignatureHeader), body, clock()) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		var e struct{ Type string }
		if json.Unmarshal(body, &e) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, call{r.Header.Get(web.HookHeader), e.Type, string(body)})
		if len(calls) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer partner.Close()
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, clock, outside{Hook: partner.URL, HookSecret: "a shared secret"})
	require.NoError(t, err)
	b := visit(t, site(shop))
	_, at := b.order(b.review("en", "card-4242"), "en")
	require.Regexp(t, `^/en/orders/`, at)
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	mu.Lock()
	now = now.Add(time.Hour)
	mu.Unlock()
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	_, err = shop.Orders.Do(t.Context(), order.ID(strings.TrimPrefix(at, "/en/orders/")), &order.Ship{Parcel: "p1"})
	require.NoError(t, err)
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	require.Len(t, calls, 3)
	require.Equal(t, []string{"purchase", "purchase", "shipped"}, []string{calls[0].kind, calls[1].kind, calls[2].kind})
	require.Equal(t, calls[0].id, calls[1].id, "the same message again")
	require.NotEqual(t, calls[1].id, calls[2].id)
	require.Contains(t, calls[1].body, strings.TrimPrefix(at, "/en/orders/"))
	require.Contains(t, calls[1].body, `"28.70"`)
	for _, c := range calls {
		for _, secret := range []string{"anna", "Torstr", "10115", "card-4242"} {
			require.NotContains(t, strings.ToLower(c.body), strings.ToLower(secret))
		}
	}
}

// Logs say what was asked and how it went, and nothing of anybody.
func TestLogsWithoutPersonalData(t *testing.T) {
	shop := opened(t, "memory")
	var mu sync.Mutex
	var logged bytes.Buffer
	b := visit(t, page.New(shop, "secret word", slog.New(slog.NewJSONHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return logged.Write(p)
	}), &slog.HandlerOptions{Level: slog.LevelDebug}))))
	b.join(shop, "anna@example.com", "")
	body := b.review("en", "card-0002")
	b.order(body, "en")
	b.press("/en/checkout/payment", "number", numbers["card-4242"], "expiry", "12/40")
	body, _ = b.see("/en/checkout")
	_, at := b.order(body, "en")
	require.Regexp(t, `^/en/orders/`, at)
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	mail, link := letter(t, shop, "anna@example.com")
	guest := again(t, b.base)
	guest.see(link)
	b.see("/en/goods?q=present+for+Anna")
	b.press("/en/login", "email", "anna@example.com", "password", "a wrong password")
	b.press("/en/desk/login", "password", "secret word")
	b.press("/hooks/payment")
	mu.Lock()
	defer mu.Unlock()
	text := logged.String()
	require.Greater(t, strings.Count(text, "\n"), 10)
	for line := range strings.Lines(text) {
		var entry map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
	}
	id := string(b.who(shop, "anna@example.com"))
	for _, secret := range []string{"anna", "Torstr", "10115", "Berlin", "4242", "12/40", password, "wrong password", "secret word", id, link[strings.Index(link, "token=")+6:], strings.TrimPrefix(at, "/en/orders/"), mail.ID, "present", "127.0.0.1"} {
		require.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// With Stripe the card is a token of Stripe, the bank's page is Stripe's, and a webhook of Stripe
// ends what the buyer began.
func TestOnStripe(t *testing.T) {
	var mu sync.Mutex
	intents := map[string]map[string]any{}
	var asked []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		r.ParseForm() //nolint:errcheck // of the client
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.PostForm.Get("payment_method")+" "+r.PostForm.Get("return_url"))
		var i map[string]any
		switch parts := strings.Split(r.URL.Path, "/"); {
		case r.Method == "POST" && len(parts) == 3:
			var amount int64
			fmt.Sscan(r.PostForm.Get("amount"), &amount) //nolint:errcheck // of the client
			meta := map[string]string{}
			for name := range r.PostForm {
				if key, found := strings.CutPrefix(name, "metadata["); found {
					meta[strings.TrimSuffix(key, "]")] = r.PostForm.Get(name)
				}
			}
			i = map[string]any{"id": fmt.Sprintf("pi_%d", len(intents)+1), "object": "payment_intent", "amount": amount, "amount_capturable": amount, "currency": "eur", "status": "requires_capture", "metadata": meta}
			if r.PostForm.Get("payment_method") == "pm_card_authenticationRequired" {
				i["status"], i["next_action"] = "requires_action", map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": "https://hooks.stripe.example/3ds"}}
			}
			intents[i["id"].(string)] = i
		case r.Method == "POST" && parts[len(parts)-1] == "capture":
			i = intents[parts[3]]
			i["status"], i["amount_received"], i["amount_capturable"] = "succeeded", i["amount"], 0
		default:
			i = intents[parts[3]]
		}
		json.NewEncoder(w).Encode(i) //nolint:errcheck // of the client
	}))
	defer api.Close()
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, time.Now, outside{Gateway: must(stripe.New("sk_test_1", &stripe.Options{URL: api.URL})), HookSecret: "whsec_1"})
	require.NoError(t, err)
	shop.URL = "https://shop.example"
	b := visit(t, site(shop))
	body := b.review("en", "card-4242")
	require.Contains(t, body, "no payment method of Stripe", "never a number")
	body, _ = b.press("/en/checkout/payment", "number", "pm_card_visa")
	_, at := b.order(body, "en")
	require.Regexp(t, `^/en/orders/`, at)
	mu.Lock()
	require.Equal(t, "succeeded", intents["pi_1"]["status"])
	require.Contains(t, asked[0], "POST /v1/payment_intents pm_card_visa https://shop.example/en/bank?back=yes&session=")
	mu.Unlock()

	other := again(t, b.base)
	other.review("en", "card-4242")
	body, _ = other.press("/en/checkout/payment", "number", "pm_card_authenticationRequired")
	bank, at := other.order(body, "en")
	require.Equal(t, "/en/bank", at)
	require.Contains(t, bank, `href="https://hooks.stripe.example/3ds"`)
	mu.Lock()
	intents["pi_2"]["status"] = "requires_capture"
	event, err := json.Marshal(map[string]any{"id": "evt_1", "object": "event", "type": "payment_intent.amount_capturable_updated", "created": time.Now().Unix(), "data": map[string]any{"object": intents["pi_2"]}})
	mu.Unlock()
	require.NoError(t, err)
	r := must(http.NewRequestWithContext(t.Context(), "POST", b.base+"/hooks/payment", bytes.NewReader(event)))
	r.Header.Set("Stripe-Signature", payment.Sign("whsec_1", event, time.Now()))
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	n := 0
	for _, err := range shop.Orders.List(t.Context(), order.Filter{}) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 2, n)
}
