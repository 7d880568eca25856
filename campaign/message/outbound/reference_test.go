package outbound_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message/outbound"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// names is a resolver of its own. What it does not know resolves as "*".
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) (list []netip.Addr, err error) {
	addresses, known := n[host]
	if !known {
		addresses = n["*"]
	}
	for _, a := range addresses {
		list = append(list, netip.MustParseAddr(a))
	}
	return list, nil
}

// world is a network of one server that answers for every address.
type world struct {
	names   names
	answer  http.HandlerFunc
	dialed  []string
	options outbound.Options
}

func newWorld(t *testing.T) *world {
	w := &world{names: names{}}
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.answer(rw, r) })
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	w.options = outbound.Options{
		Resolver: w.names,
		TLS:      &tls.Config{InsecureSkipVerify: true}, // the server has a name of its own
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			w.dialed = append(w.dialed, address)
			to := plain.Listener.Addr().String()
			if strings.HasSuffix(address, ":443") {
				to = secure.Listener.Addr().String()
			}
			return (&net.Dialer{}).DialContext(ctx, network, to)
		},
	}
	return w
}

// TestReference runs the abuse cases of addresses: each is called, and checked
// without calling.
func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		if c.Area != "outbound_url" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var in struct {
				URL        string
				ResolvesTo []string `json:"resolves_to"`
				Redirects  []json.RawMessage
			}
			testkit.Strict(t, c.Input, &in)
			w := newWorld(t)
			w.names["*"] = in.ResolvesTo
			if u, err := url.Parse(in.URL); err == nil {
				w.names[u.Hostname()] = in.ResolvesTo
			}
			redirects := targets(t, w, in.Redirects)
			w.answer = func(rw http.ResponseWriter, r *http.Request) {
				if len(redirects) > 0 {
					to := redirects[0]
					redirects = redirects[1:]
					http.Redirect(rw, r, to, http.StatusFound)
				}
			}
			first := outbound.Check(t.Context(), in.URL, &w.options)
			res, err := outbound.NewClient(&w.options).Get(in.URL)
			if err == nil {
				require.NoError(t, res.Body.Close())
			}
			require.True(t, first == nil || kind(t, err) == kind(t, first), "what is refused when it is entered is refused when it is called")
			for _, address := range w.dialed {
				at := netip.MustParseAddrPort(address)
				require.False(t, outbound.Forbidden(at.Addr()), "%s was dialed", address)
			}
			var want struct{ Result, Kind string }
			testkit.Strict(t, c.Expected, &want)
			require.Equal(t, want.Kind, kind(t, err), "%s: %v", c.Attack, err)
			require.Equal(t, want.Result == "accepted", err == nil)
		})
	}
}

// targets reads what the server redirects to, in one of the forms that such a list
// may have.
func targets(t *testing.T, w *world, list []json.RawMessage) (to []string) {
	for _, raw := range list {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			var r struct {
				URL, Location, To string
				Status            int
				ResolvesTo        []string `json:"resolves_to"`
			}
			testkit.Strict(t, raw, &r)
			text = r.URL + r.Location + r.To
			if u, err := url.Parse(text); err == nil && r.ResolvesTo != nil {
				w.names[u.Hostname()] = r.ResolvesTo
			}
		}
		to = append(to, text)
	}
	return to
}

func kind(t *testing.T, err error) string {
	t.Helper()
	switch {
	case err == nil:
		return ""
	case errors.Is(err, flywheel.ErrForbidden):
		return "forbidden"
	case errors.Is(err, flywheel.ErrInvalid):
		return "invalid"
	case errors.Is(err, flywheel.ErrLimit):
		return "limit"
	}
	t.Fatalf("%v", err)
	return ""
}
