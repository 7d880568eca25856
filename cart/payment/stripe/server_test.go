package stripe_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// server answers as Stripe does, as far as this package asks: PaymentIntents with
// manual capture, refunds, idempotency keys that remember answers and declines. A
// script says how the next calls go.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	intents  map[string]*object
	refunds  []*object
	balance  []object
	seen     map[string]answer
	script   []string // of the next calls that change something
	requests []string // method and path of all
	charges  int
	single   bool // cards allow one capture only
}

type object = map[string]any

type answer struct {
	form   string
	status int
	body   object
}

func newServer(t *testing.T) *server {
	s := &server{intents: map[string]*object{}, seen: map[string]answer{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer sk_test_1" {
		write(w, 401, object{"error": object{"type": "invalid_request_error", "message": "Invalid API Key provided"}}, false)
		return
	}
	if err := r.ParseForm(); err != nil {
		write(w, 400, refused("parameter_invalid"), false)
		return
	}
	if r.Method == http.MethodGet {
		status, body := s.read(r.URL.Path, r.Form)
		write(w, status, body, false)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if before, known := s.seen[key]; known {
		if before.form != r.URL.Path+"?"+r.PostForm.Encode() {
			write(w, 400, object{"error": object{"type": "idempotency_error", "message": "Keys for idempotent requests can only be used with the same parameters"}}, false)
			return
		}
		write(w, before.status, before.body, true)
		return
	}
	how := "ok"
	if len(s.script) > 0 {
		how, s.script = s.script[0], s.script[1:]
	}
	switch how {
	case "429":
		write(w, 429, object{"error": object{"type": "invalid_request_error", "code": "rate_limit"}}, false)
		return
	case "500":
		write(w, 500, object{"error": object{"type": "api_error"}}, false)
		return
	case "409":
		write(w, 409, object{"error": object{"type": "idempotency_error"}}, false)
		return
	case "timeout":
		drop(w)
		return
	case "html":
		w.WriteHeader(502)
		fmt.Fprint(w, "<h1>bad gateway</h1>")
		return
	}
	status, body := s.write(r.URL.Path, r.PostForm, how)
	if status != 429 {
		s.seen[key] = answer{r.URL.Path + "?" + r.PostForm.Encode(), status, body}
	}
	if how == "lost" {
		drop(w)
		return
	}
	write(w, status, body, false)
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func write(w http.ResponseWriter, status int, body object, replayed bool) {
	if replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refused(code string) object {
	return object{"error": object{"type": "invalid_request_error", "code": code}}
}

func (s *server) read(path string, form url.Values) (int, object) {
	switch {
	case path == "/v1/refunds":
		var list []object
		for _, r := range s.refunds {
			if (*r)["payment_intent"] == form.Get("payment_intent") {
				list = append(list, *r)
			}
		}
		return 200, object{"data": list, "has_more": false}
	case path == "/v1/balance_transactions":
		from := 0
		for i, b := range s.balance {
			if b["id"] == form.Get("starting_after") {
				from = i + 1
			}
		}
		to := min(from+2, len(s.balance))
		return 200, object{"data": s.balance[from:to], "has_more": to < len(s.balance)}
	}
	i, known := s.intents[strings.TrimPrefix(path, "/v1/payment_intents/")]
	if !known {
		return 404, refused("resource_missing")
	}
	return 200, copied(*i)
}

// copied is an object as it is now: answers are remembered as they were.
func copied(o object) (c object) {
	data, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		panic(err)
	}
	return c
}

func number(form url.Values, name string, or int64) int64 {
	n, err := strconv.ParseInt(form.Get(name), 10, 64)
	if err != nil {
		return or
	}
	return n
}

func metadata(into object, form url.Values) {
	for name, values := range form {
		if key, is := strings.CutPrefix(name, "metadata["); is {
			into[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
}

func (s *server) write(path string, form url.Values, how string) (int, object) {
	if path == "/v1/payment_intents" {
		id := fmt.Sprint("pi_", len(s.intents)+1)
		i := object{
			"id": id, "object": "payment_intent", "amount": number(form, "amount", 0), "currency": form.Get("currency"), "amount_capturable": int64(0),
			"amount_received": int64(0), "client_secret": id + "_secret", "metadata": object{}, "capture_method": form.Get("capture_method"),
		}
		metadata(i["metadata"].(object), form)
		s.intents[id] = &i
		return s.confirm(&i, form, how)
	}
	if path == "/v1/refunds" {
		return s.refund(form, how)
	}
	id, verb, _ := strings.Cut(strings.TrimPrefix(path, "/v1/payment_intents/"), "/")
	p, known := s.intents[id]
	if !known {
		return 404, refused("resource_missing")
	}
	i := *p
	switch verb {
	case "":
		metadata(i["metadata"].(object), form)
	case "confirm":
		return s.confirm(p, form, how)
	case "cancel":
		if i["status"] == "canceled" || i["status"] == "succeeded" {
			return 400, refused("payment_intent_unexpected_state")
		}
		i["status"], i["amount_capturable"] = "canceled", int64(0)
		if i["amount_received"].(int64) > 0 {
			i["status"] = "succeeded"
		}
	case "capture":
		n := number(form, "amount_to_capture", i["amount_capturable"].(int64))
		if i["status"] != "requires_capture" || n > i["amount_capturable"].(int64) {
			return 400, refused("payment_intent_unexpected_state")
		}
		if how == "declined" {
			return 402, object{"error": object{"type": "card_error", "code": "card_declined"}}
		}
		final := form.Get("final_capture") != "false"
		if !final && s.single {
			return 400, refused("final_capture")
		}
		metadata(i["metadata"].(object), form)
		i["amount_received"] = i["amount_received"].(int64) + n
		i["amount_capturable"] = i["amount_capturable"].(int64) - n
		i["latest_charge"].(object)["amount_captured"] = i["amount_received"]
		if final {
			i["status"], i["amount_capturable"] = "succeeded", int64(0)
		}
	default:
		return 404, refused("resource_missing")
	}
	return 200, copied(i)
}

func (s *server) confirm(p *object, form url.Values, how string) (int, object) {
	i := *p
	s.charges++
	allowed := "available"
	if s.single {
		allowed = "unavailable"
	}
	i["latest_charge"] = object{
		"id": fmt.Sprint("ch_", s.charges), "amount_captured": int64(0), "amount_refunded": int64(0),
		"payment_method_details": object{"card": object{"multicapture": object{"status": allowed}}},
	}
	delete(i, "next_action")
	delete(i, "last_payment_error")
	switch how {
	case "declined":
		i["status"], i["last_payment_error"] = "requires_payment_method", object{"code": "card_declined", "decline_code": "insufficient_funds"}
		return 402, object{"error": object{"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "payment_intent": copied(i)}}
	case "action":
		i["status"], i["next_action"] = "requires_action", object{"type": "redirect_to_url", "redirect_to_url": object{"url": "https://bank.example/3ds", "return_url": form.Get("return_url")}}
	case "processing":
		i["status"] = "processing"
	default:
		i["status"], i["amount_capturable"] = "requires_capture", i["amount"]
	}
	return 200, copied(i)
}

func (s *server) refund(form url.Values, how string) (int, object) {
	p, known := s.intents[form.Get("payment_intent")]
	if !known {
		return 404, refused("resource_missing")
	}
	i := *p
	n := number(form, "amount", 0)
	c := i["latest_charge"].(object)
	if left := i["amount_received"].(int64) - c["amount_refunded"].(int64); n > left {
		return 400, refused("charge_already_refunded")
	}
	r := object{"id": fmt.Sprint("re_", len(s.refunds)+1), "status": "succeeded", "amount": n, "currency": i["currency"], "payment_intent": i["id"], "metadata": object{}}
	metadata(r["metadata"].(object), form)
	if how == "declined" {
		r["status"] = "failed"
	} else {
		c["amount_refunded"] = c["amount_refunded"].(int64) + n
	}
	s.refunds = append(s.refunds, &r)
	return 200, copied(r)
}

// finish is what the buyer does at the bank.
func (s *server) finish(id string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := *s.intents[id]
	delete(i, "next_action")
	if ok {
		i["status"], i["amount_capturable"] = "requires_capture", i["amount"]
		return
	}
	i["status"], i["last_payment_error"] = "requires_payment_method", object{"code": "payment_intent_authentication_failure"}
}

// forget is what Stripe does after a day.
func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = map[string]answer{}
}

func (s *server) next(how ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = how
}

// sums are what was captured, refunded and is capturable of all.
func (s *server) sums() (captured, refunded, capturable int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.intents {
		captured += (*p)["amount_received"].(int64)
		capturable += (*p)["amount_capturable"].(int64)
		refunded += (*p)["latest_charge"].(object)["amount_refunded"].(int64)
	}
	return captured, refunded, capturable
}

func (s *server) count(request string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if strings.HasPrefix(r, request) {
			n++
		}
	}
	return n
}
