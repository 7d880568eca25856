package collect

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// Script is the script for the pages of the shop, less than 3 kB. A [Handler] serves it,
// too.
//
//go:embed script.js
var Script string

// Consent is what a visitor agreed to: the text that was shown, its version, and when.
// It is the proof.
type Consent struct {
	Visitor flywheel.VisitorID
	// Customer is who is logged in, if anybody.
	Customer flywheel.CustomerID
	// Text and Version name what was shown.
	Text, Version string
	// At is when it was given, by the server's clock.
	At time.Time
}

// Options configure a [Handler]; only Sink is needed.
type Options struct {
	// Sink gets the events; usually the log.
	Sink flywheel.Sink
	// Origins are the origins whose pages may post, such as "https://shop.example".
	// Default: the one that the request is made to.
	Origins []string
	// Consents are the versions of the text of consent that count. Default: every
	// version.
	Consents []string
	// Record keeps the proof of a consent, as often as a batch brings it. Default: it is
	// not kept, as where the page that asks keeps it.
	Record func(ctx context.Context, c Consent) error
	// Customer says who is logged in, by the cookies of the request. Default: nobody. What
	// a browser says of itself is never believed.
	Customer func(r *http.Request) flywheel.CustomerID
	// Client names where a request comes from, for the limit. Default: the address of
	// the connection; behind a proxy it is the proxy's, so name the header that yours
	// sets.
	Client func(r *http.Request) string
	// PerMinute is how many events a client may post in a minute. Default: 600.
	PerMinute int
	// Clients is how many clients are counted at once; in a minute with more, new ones
	// are refused. Default: 100,000.
	Clients int
	// Allow may refuse a request of what looks like a browser. Default: none is.
	Allow func(r *http.Request) bool
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Stats count what became of requests since the handler was made.
type Stats struct {
	// Events were published.
	Events int64
	// Bots, Unwilling (without consent, or with a signal not to track), Limited and
	// Refused (malformed, or from another origin) are batches that were not taken. Failed
	// ones were not taken by the Sink.
	Bots, Unwilling, Limited, Refused, Failed int64
}

// Handler takes what the script posts and publishes it, and serves the script. It is
// safe for concurrent use.
type Handler struct {
	opts  Options
	limit *limiter
	tag   string

	events, bots, unwilling, limited, refused, failed atomic.Int64
}

// mostBody bounds a batch.
const mostBody = 32 << 10

// New returns a Handler.
func New(opts Options) (*Handler, error) {
	if opts.Sink == nil {
		return nil, fmt.Errorf("collect: no sink: %w", flywheel.ErrInvalid)
	}
	opts.Origins, opts.Consents = slices.Clone(opts.Origins), slices.Clone(opts.Consents)
	for _, o := range opts.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || o != u.Scheme+"://"+u.Host {
			return nil, fmt.Errorf("collect: origin %q is not such as https://shop.example: %w", o, flywheel.ErrInvalid)
		}
	}
	if opts.PerMinute == 0 {
		opts.PerMinute = 600
	}
	if opts.Clients == 0 {
		opts.Clients = 100_000
	}
	if opts.PerMinute < 1 || opts.Clients < 1 {
		return nil, fmt.Errorf("collect: limits of %d events and %d clients: %w", opts.PerMinute, opts.Clients, flywheel.ErrOutOfRange)
	}
	if opts.Client == nil {
		opts.Client = func(r *http.Request) string {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				return r.RemoteAddr
			}
			return host
		}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	sum := sha256.Sum256([]byte(Script))
	return &Handler{opts: opts, limit: &limiter{perMinute: opts.PerMinute, most: opts.Clients}, tag: `"` + hex.EncodeToString(sum[:8]) + `"`}, nil
}

// Stats returns the counts.
func (h *Handler) Stats() Stats {
	return Stats{h.events.Load(), h.bots.Load(), h.unwilling.Load(), h.limited.Load(), h.refused.Load(), h.failed.Load()}
}

// ServeHTTP answers GET with the script and POST, with a batch, with 204: also when it
// is of a robot or without consent, which is nothing that the page could mend. Errors
// are a flywheel.Problem as JSON.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		header.Set("Content-Type", "text/javascript; charset=utf-8")
		header.Set("Cache-Control", "public, max-age=3600")
		header.Set("ETag", h.tag)
		if r.Header.Get("If-None-Match") == h.tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Length", strconv.Itoa(len(Script)))
		if r.Method == http.MethodGet {
			io.WriteString(w, Script)
		}
	case http.MethodPost:
		header.Set("Cache-Control", "no-store")
		if err := h.post(r); err != nil {
			problem(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		header.Set("Allow", "GET, HEAD, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func problem(w http.ResponseWriter, err error) {
	p := flywheel.ProblemOf(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// post takes a batch.
func (h *Handler) post(r *http.Request) error {
	if !h.fromOwnPage(r) {
		h.refused.Add(1)
		return fmt.Errorf("collect: posted by a page of %q: %w", r.Header.Get("Origin"), flywheel.ErrForbidden)
	}
	if Bot(r.UserAgent()) || h.opts.Allow != nil && !h.opts.Allow(r) {
		h.bots.Add(1)
		return nil
	}
	if r.Header.Get("Sec-GPC") == "1" || r.Header.Get("DNT") == "1" {
		h.unwilling.Add(1)
		return nil
	}
	b, err := read(r)
	if err != nil {
		h.refused.Add(1)
		return err
	}
	if b.Consent == nil {
		h.unwilling.Add(1)
		return nil
	}
	received := h.opts.Now()
	customer := flywheel.CustomerID("")
	if h.opts.Customer != nil {
		customer = h.opts.Customer(r)
	}
	c, counts, err := h.consent(b, received, customer)
	if err != nil {
		h.refused.Add(1)
		return err
	}
	if !counts {
		h.unwilling.Add(1)
		return nil
	}
	events, err := b.events(received, customer)
	if err != nil {
		h.refused.Add(1)
		return err
	}
	if !h.limit.allow(h.opts.Client(r), len(events), received) {
		h.limited.Add(1)
		return fmt.Errorf("collect: more than %d events in a minute: %w", h.opts.PerMinute, flywheel.ErrRateLimited)
	}
	if h.opts.Record != nil {
		err = h.opts.Record(r.Context(), c)
	}
	if err == nil {
		err = h.opts.Sink.Publish(r.Context(), events...)
	}
	if err != nil {
		h.failed.Add(1)
		return err
	}
	h.events.Add(int64(len(events)))
	return nil
}

// fromOwnPage reports whether a page of the shop posts: browsers name its origin, and
// no page can make them name another.
func (h *Handler) fromOwnPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if len(h.opts.Origins) > 0 {
		return slices.Contains(h.opts.Origins, origin)
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func read(r *http.Request) (*batch, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBody+1))
	if err != nil {
		return nil, fmt.Errorf("collect: reading a batch: %w: %w", flywheel.ErrInvalid, err)
	}
	b := &batch{}
	if err := strictjson.Decode(body, b, &strictjson.Limits{Bytes: mostBody, Depth: 8}); err != nil {
		if e, ok := errors.AsType[*strictjson.Error](err); ok && e.Path != "" {
			return nil, &flywheel.FieldError{Field: e.Path, Err: err}
		}
		return nil, err
	}
	return b, nil
}

// consent returns what was agreed to, and whether it counts.
func (h *Handler) consent(b *batch, received time.Time, customer flywheel.CustomerID) (c Consent, counts bool, err error) {
	for _, t := range []struct{ field, value string }{{"consent.text", b.Consent.Text}, {"consent.version", b.Consent.Version}} {
		if t.value == "" {
			return c, false, refuse(t.field, "missing")
		}
		if err := text(t.field, t.value); err != nil {
			return c, false, err
		}
	}
	if b.Consent.At < 0 || b.Consent.At > b.Sent || b.Sent < 0 {
		return c, false, refuse("consent.at", "%d is not before %d", b.Consent.At, b.Sent)
	}
	// A consent may be years old, but no Duration longer than its range.
	age := time.Duration(min(b.Sent-b.Consent.At, (100*365*24*time.Hour).Milliseconds())) * time.Millisecond
	return Consent{
		Visitor: flywheel.VisitorID(b.Visitor), Customer: customer, Text: b.Consent.Text, Version: b.Consent.Version,
		At: received.Add(-age).UTC().Truncate(time.Millisecond),
	}, len(h.opts.Consents) == 0 || slices.Contains(h.opts.Consents, b.Consent.Version), nil
}
