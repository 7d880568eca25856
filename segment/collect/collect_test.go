package collect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/collect"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// receiver is a handler with what it published.
type receiver struct {
	*collect.Handler
	events []flywheel.Event
	fail   error
}

func newReceiver(t *testing.T, change func(o *collect.Options)) *receiver {
	r := &receiver{}
	o := collect.Options{Now: func() time.Time { return noon }, Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		if r.fail == nil {
			r.events = append(r.events, events...)
		}
		return r.fail
	})}
	if change != nil {
		change(&o)
	}
	var err error
	r.Handler, err = collect.New(o)
	require.NoError(t, err)
	return r
}

// post posts a body, with headers in pairs.
func (r *receiver) post(body string, headers ...string) (status int, p flywheel.Problem) {
	req := httptest.NewRequest(http.MethodPost, "https://shop.example/fw.js", strings.NewReader(body))
	req.Header.Set("Origin", "https://shop.example")
	req.Header.Set("User-Agent", browser)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Code != http.StatusNoContent {
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			p.Text = w.Body.String()
		}
	}
	return w.Code, p
}

// body is a batch with some of its members replaced.
func body(replace ...string) string {
	b := `{"id":"batch-0001","visitor":"visitor-01","session":"session-01","sent":1000000,"consent":{"text":"We count.","version":"1","at":5},"events":[` +
		`{"type":"view","at":990000,"page":"/mugs"},{"type":"click","at":995000,"page":"/mugs","x":0.5,"y":1}]}`
	return strings.NewReplacer(replace...).Replace(b)
}

func TestRefused(t *testing.T) {
	many := strings.Repeat(`{"type":"view","at":1,"page":"/"},`, 51)
	for _, c := range []struct {
		name, body, kind, field string
	}{
		{"no JSON", `<html>`, "invalid", ""},
		{"two values", body() + `{}`, "invalid", ""},
		{"an unknown field", body(`"id"`, `"admin":true,"id"`), "invalid", "admin"},
		{"a repeated field", body(`"id"`, `"id":"batch-0002","id"`), "invalid", "id"},
		{"a field of another case", body(`"visitor"`, `"Visitor"`), "invalid", "Visitor"},
		{"too large", body(`/mugs"}`, `/`+strings.Repeat("x", 40_000)+`"}`), "limit", ""},
		{"too deep", strings.Repeat(`[`, 100), "limit", ""},
		{"a short id", body(`batch-0001`, `b`), "invalid", "id"},
		{"a visitor that is none of the script's", body(`visitor-01`, `ann@example.com`), "invalid", "visitor"},
		{"a session with a line break", body(`session-01`, `session\n0001`), "invalid", "session"},
		{"no events", `{"id":"batch-0001","visitor":"visitor-01","session":"session-01","sent":9,"consent":{"text":"t","version":"1","at":5},"events":[]}`, "limit", "events"},
		{"too many events", body(`"events":[`, `"events":[`+many), "limit", "events"},
		{"an unknown type", body(`"type":"view"`, `"type":"purchase"`), "invalid", "events[0].type"},
		{"a type that is a part of others", body(`"type":"view"`, `"type":""`), "invalid", "events[0].type"},
		{"a page that is no path", body(`"page":"/mugs"}`, `"page":"javascript:alert(1)"}`), "invalid", "events[0].page"},
		{"no page", body(`,"page":"/mugs"}`, `}`), "invalid", "events[0].page"},
		{"a field of another type of event", body(`"page":"/mugs"}`, `"page":"/mugs","depth":1}`), "invalid", "events[0].depth"},
		{"a query of a click", body(`"x":0.5`, `"query":"tea","x":0.5`), "invalid", "events[1].query"},
		{"a click without its place", body(`,"y":1`, ``), "invalid", "events[1].y"},
		{"a click beside the page", body(`"x":0.5`, `"x":1.5`), "out_of_range", "events[1].x"},
		{"a number that is none", body(`"x":0.5`, `"x":1e999`), "invalid", ""},
		{"a SKU with a control character", body(`"page":"/mugs"}`, `"page":"/mugs","sku":"a\u0000b"}`), "invalid", "events[0].sku"},
		{"a SKU that is no identifier", body(`"page":"/mugs"}`, `"page":"/mugs","sku":" "}`), "invalid", "events[0].sku"},
		{"a long text", body(`"page":"/mugs"}`, `"page":"/mugs","campaign":"`+strings.Repeat("x", 501)+`"}`), "limit", "events[0].campaign"},
		{"an event of the future", body(`"at":990000`, `"at":1000001`), "invalid", "events[0].at"},
		{"an event of long ago", body(`"sent":1000000`, `"sent":1000000000`), "invalid", "events[0].at"},
		{"a clock before 1970", body(`"sent":1000000`, `"sent":-5`), "invalid", "consent.at"},
		{"a consent without a text", body(`"We count."`, `""`), "invalid", "consent.text"},
		{"a consent of the future", body(`"at":5}`, `"at":1000001}`), "invalid", "consent.at"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver(t, nil)
			status, p := r.post(c.body)
			require.Equal(t, c.kind, p.Kind, "%+v", p)
			require.Equal(t, p.Status, status)
			if c.field != "" {
				require.Equal(t, c.field, p.Field)
			}
			require.Empty(t, r.events)
			require.Equal(t, collect.Stats{Refused: 1}, r.Stats())
		})
	}
}

// Who did not agree, and what is no person, leaves nothing; the page is told nothing
// either.
func TestDropped(t *testing.T) {
	for _, c := range []struct {
		name    string
		body    string
		headers []string
		want    collect.Stats
	}{
		{"no consent", body(`"consent":{"text":"We count.","version":"1","at":5},`, ``), nil, collect.Stats{Unwilling: 1}},
		{"consent that is null", body(`{"text":"We count.","version":"1","at":5}`, `null`), nil, collect.Stats{Unwilling: 1}},
		{"a version that does not count", body(`"version":"1"`, `"version":"0"`), nil, collect.Stats{Unwilling: 1}},
		{"Global Privacy Control", body(), []string{"Sec-GPC", "1"}, collect.Stats{Unwilling: 1}},
		{"Do Not Track", body(), []string{"DNT", "1"}, collect.Stats{Unwilling: 1}},
		{"a crawler", body(), []string{"User-Agent", "Mozilla/5.0 (compatible; bingbot/2.0)"}, collect.Stats{Bots: 1}},
		{"no user agent", body(), []string{"User-Agent", " "}, collect.Stats{Bots: 1}},
		{"what the shop does not allow", body(), []string{"X-Score", "robot"}, collect.Stats{Bots: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver(t, func(o *collect.Options) {
				o.Consents = []string{"1", "2"}
				o.Allow = func(r *http.Request) bool { return r.Header.Get("X-Score") != "robot" }
				o.Record = func(context.Context, collect.Consent) error { return errors.New("nothing is to be kept") }
			})
			status, p := r.post(c.body, c.headers...)
			require.Equal(t, http.StatusNoContent, status, "%+v", p)
			require.Empty(t, r.events)
			require.Equal(t, c.want, r.Stats())
		})
	}
}

func TestOrigin(t *testing.T) {
	r := newReceiver(t, nil)
	for _, origin := range []string{"", "null", "https://evil.example", "https://shop.example.evil.example"} {
		status, _ := r.post(body(), "Origin", origin)
		require.Equal(t, http.StatusForbidden, status, origin)
	}
	r = newReceiver(t, func(o *collect.Options) { o.Origins = []string{"https://www.shop.example"} })
	for origin, want := range map[string]int{"https://www.shop.example": 204, "https://shop.example": 403, "http://www.shop.example": 403} {
		status, _ := r.post(body(), "Origin", origin)
		require.Equal(t, want, status, origin)
	}
	require.Len(t, r.events, 2)
	for _, bad := range []collect.Options{
		{}, {Sink: flywheel.Discard, Origins: []string{"shop.example"}}, {Sink: flywheel.Discard, Origins: []string{"https://shop.example/"}},
		{Sink: flywheel.Discard, PerMinute: -1}, {Sink: flywheel.Discard, Clients: -1},
	} {
		_, err := collect.New(bad)
		require.Error(t, err)
	}
}

func TestLimits(t *testing.T) {
	now := noon
	r := newReceiver(t, func(o *collect.Options) {
		o.PerMinute, o.Clients = 5, 2
		o.Now = func() time.Time { return now }
		o.Client = func(r *http.Request) string { return r.Header.Get("X-Client") }
	})
	for _, c := range []struct {
		client string
		want   int
	}{{"a", 204}, {"a", 204}, {"a", 429}, {"b", 204}, {"c", 429}, {"b", 204}, {"b", 429}} {
		status, _ := r.post(body(), "X-Client", c.client)
		require.Equal(t, c.want, status, c.client)
	}
	now = now.Add(time.Minute)
	status, _ := r.post(body(), "X-Client", "c")
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, collect.Stats{Events: 10, Limited: 3}, r.Stats())
}

// Events reach the log once, with the time that they happened by the server's clock,
// under the customer that the server knows; the proof of the consent is recorded.
func TestIntoTheLog(t *testing.T) {
	ctx := t.Context()
	log, err := segment.NewLog(segment.NewMemoryLog(nil), &segment.LogOptions{Now: func() time.Time { return noon }})
	require.NoError(t, err)
	var proofs []collect.Consent
	r := newReceiver(t, func(o *collect.Options) {
		o.Sink = log
		o.Customer = func(r *http.Request) flywheel.CustomerID { return flywheel.CustomerID(r.Header.Get("X-Login")) }
		o.Record = func(_ context.Context, c collect.Consent) error { proofs = append(proofs, c); return nil }
	})
	for range 3 { // a beacon that is sent again
		status, p := r.post(body(`"page":"/mugs"}`, `"page":"/mugs","source":"mail","medium":"email","campaign":"spring","referrer":"mail.example"}`), "X-Login", "ann")
		require.Equal(t, http.StatusNoContent, status, "%+v", p)
	}
	_, err = log.Number(ctx)
	require.NoError(t, err)
	entries, err := log.Read(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	first := entries[0].Event
	require.Equal(t, collect.EventPageView, first.Name)
	require.Equal(t, noon.Add(-10*time.Second), first.Time)
	require.Equal(t, flywheel.CustomerID("ann"), first.Customer)
	require.Equal(t, flywheel.VisitorID("visitor-01"), first.Visitor)
	require.Equal(t, "session-01", first.Session)
	require.Equal(t, map[string]any{"page": "/mugs", "source": "mail", "medium": "email", "campaign": "spring", "referrer": "mail.example"}, first.Properties)
	require.Equal(t, collect.Consent{Visitor: "visitor-01", Customer: "ann", Text: "We count.", Version: "1", At: noon.Add(-999995 * time.Millisecond)}, proofs[0])

	failing := newReceiver(t, nil)
	failing.fail = flywheel.ErrUnknownOutcome
	status, p := failing.post(body())
	require.Equal(t, 503, status)
	require.True(t, p.Retry)
	require.Equal(t, collect.Stats{Failed: 1}, failing.Stats())
}

func TestBots(t *testing.T) {
	for _, agent := range []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", browser,
	} {
		require.False(t, collect.Bot(agent), agent)
	}
	for _, agent := range []string{
		"", "Googlebot-Image/1.0", "Mozilla/5.0 (compatible; YandexBot/3.0)", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
		"curl/8.14.1", "python-requests/2.32", "Go-http-client/2.0", "facebookexternalhit/1.1", "Mozilla/5.0 (compatible; AhrefsBot/7.0)", "GPTBot/1.2", "CCBot/2.0", "Baiduspider/2.0",
	} {
		require.True(t, collect.Bot(agent), agent)
	}
}

func TestScript(t *testing.T) {
	r := newReceiver(t, nil)
	get := func(method string, headers ...string) *http.Response {
		req := httptest.NewRequest(method, "https://shop.example/fw.js", nil)
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Result()
	}
	res := get(http.MethodGet)
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, collect.Script, string(text))
	require.Equal(t, "text/javascript; charset=utf-8", res.Header.Get("Content-Type"))
	require.LessOrEqual(t, len(collect.Script), 3000)
	require.Equal(t, http.StatusNotModified, get(http.MethodGet, "If-None-Match", res.Header.Get("ETag")).StatusCode)
	require.Equal(t, fmt.Sprint(len(collect.Script)), get(http.MethodHead).Header.Get("Content-Length"))
	require.Equal(t, http.StatusMethodNotAllowed, get(http.MethodPut).StatusCode)
}

// page is enough of a browser for the script: it prints what is posted and stored.
const page = `
const store = {}, posts = [], handlers = {}
const target = on => (name, f) => { handlers[on + name] = f }
globalThis.window = globalThis
globalThis.localStorage = { getItem: k => k in store ? store[k] : null, setItem: (k, v) => { store[k] = String(v) }, removeItem: k => { delete store[k] } }
globalThis.document = { currentScript: { dataset: { sku: "mug" }, src: "/fw.js?1" }, addEventListener: target("d "), referrer: "https://mail.example/x?secret", visibilityState: "hidden", documentElement: { scrollHeight: 2000, scrollWidth: 1000 } }
Object.defineProperty(globalThis, "navigator", { value: Object.assign({ sendBeacon: (to, b) => { posts.push([to, b]); return true } }, SIGNALS) })
globalThis.location = { pathname: "/mugs", search: "?utm_source=mail&q=blue+mug&token=secret" }
globalThis.addEventListener = target("w ")
globalThis.scrollY = 0
globalThis.innerHeight = 500;
SCRIPT

handlers["d click"]({ target: { closest: () => null }, pageX: 250, pageY: 500 })
handlers["w pagehide"]()
if (posts.length || Object.keys(store).length) throw new Error("before consent: " + JSON.stringify([posts, store]))
window.flywheel.consent("We count.", "1")
const button = { id: "buy", dataset: {}, getBoundingClientRect: () => ({ left: 10, top: 10, width: 100, height: 20 }) }
handlers["d click"]({ target: { closest: () => button }, clientX: 60, clientY: 15 })
globalThis.scrollY = 1000
handlers["w scroll"]()
handlers["d visibilitychange"]()
console.log(posts.map(p => p[1]).join("\n"))
window.flywheel.withdraw()
handlers["d click"]({ target: { closest: () => button }, clientX: 60, clientY: 15 })
handlers["w pagehide"]()
if (Object.keys(store).length || posts.length > 1) throw new Error("after withdrawal: " + JSON.stringify([posts, store]))
`

// The script in a browser of a few lines, run by node where there is one: it posts what
// the handler takes, and nothing before a consent, after a withdrawal, or against a
// signal.
func TestScriptRuns(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node")
	}
	run := func(signals string) string {
		out, err := exec.Command(node, "-e", strings.NewReplacer("SIGNALS", signals, "SCRIPT", collect.Script).Replace(page)).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	posted := run(`{}`)
	r := newReceiver(t, nil)
	status, p := r.post(posted)
	require.Equal(t, http.StatusNoContent, status, "%+v of %s", p, posted)
	var got []string
	for _, e := range r.events {
		got = append(got, fmt.Sprint(e.Name, e.Lines, e.Properties))
	}
	require.Equal(t, []string{
		"view_item[{mug 0 0}] map[page:/mugs referrer:mail.example source:mail]",
		"search[] map[page:/mugs query:blue mug]",
		"click[] map[page:/mugs selector:#buy x:0.5 y:0.25]",
		"scroll[] map[depth:0.75 page:/mugs]",
	}, got)
	require.NotContains(t, posted, "secret")
	for _, signal := range []string{`{ webdriver: true }`, `{ globalPrivacyControl: true }`, `{ doNotTrack: "1" }`} {
		require.Empty(t, run(signal), signal)
	}
}

// Many post at once; the race detector looks on.
func TestParallel(t *testing.T) {
	h, err := collect.New(collect.Options{Sink: flywheel.Discard, PerMinute: 1 << 20})
	require.NoError(t, err)
	r := &receiver{Handler: h}
	suite.Together(8, func(int) {
		for range 20 {
			r.post(body())
		}
	})
	require.EqualValues(t, 320, h.Stats().Events)
}

func BenchmarkPost(b *testing.B) {
	h, err := collect.New(collect.Options{Sink: flywheel.Discard, PerMinute: 1 << 40})
	require.NoError(b, err)
	r := &receiver{Handler: h}
	text := body()
	b.ReportAllocs()
	for b.Loop() {
		r.post(text)
	}
}
