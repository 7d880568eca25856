package outbound_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message/outbound"
)

func TestForbidden(t *testing.T) {
	for _, inside := range []string{
		"127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "0.0.0.0", "0.1.2.3",
		"224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.0.8", "::1", "::", "fe80::1", "fd00::1", "fc00::1", "ff02::1", "fec0::1",
		"::ffff:127.0.0.1", "::ffff:a00:1", "::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:1::1", "100::1", "fe80::1%eth0",
	} {
		require.True(t, outbound.Forbidden(netip.MustParseAddr(inside)), inside)
	}
	for _, outside := range []string{
		"93.184.216.34", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.167.1.1", "169.253.1.1", "2606:2800:220:1:248:1893:25c8:1946",
		"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
	} {
		require.False(t, outbound.Forbidden(netip.MustParseAddr(outside)), outside)
	}
	require.True(t, outbound.Forbidden(netip.Addr{}))
}

func TestCheckURL(t *testing.T) {
	for raw, want := range map[string]error{
		"https://hooks.example/in?x=1": nil, "http://hooks.example:8080": nil, "http://8.8.8.8/": nil, "https://[2606:4700::1]/": nil, "http://xn--bcher-kva.example/": nil,
		"http://1e3.example/": nil, "http://3com.example/": nil,
		"ftp://x.example/": flywheel.ErrInvalid, "gopher://127.0.0.1/": flywheel.ErrInvalid, "//x.example/": flywheel.ErrInvalid, "x.example": flywheel.ErrInvalid, "": flywheel.ErrInvalid,
		"http://": flywheel.ErrInvalid, "http:///p": flywheel.ErrInvalid, "http:x.example": flywheel.ErrInvalid, "http://u:p@x.example/": flywheel.ErrInvalid, "http://u@x.example": flywheel.ErrInvalid,
		"http://x.example:0/": flywheel.ErrInvalid, "http://x.example:99999/": flywheel.ErrInvalid, "http://x y/": flywheel.ErrInvalid, "http://bücher.example/": flywheel.ErrInvalid, "http://a%00b/": flywheel.ErrInvalid,
		"http://①②⑦.⓪.⓪.①/": flywheel.ErrInvalid, "http://134744072/": flywheel.ErrInvalid, "http://010.8.8.8/": flywheel.ErrInvalid, "http://8.8/": flywheel.ErrInvalid, "http://8.8.8.8./": flywheel.ErrInvalid,
		"http://127.1/": flywheel.ErrForbidden, "http://2130706433/": flywheel.ErrForbidden, "http://0177.0.0.1/": flywheel.ErrForbidden, "http://0x7f.1/": flywheel.ErrForbidden, "http://0/": flywheel.ErrForbidden,
		"http://127.0.0.1./": flywheel.ErrForbidden, "http://[::1]/": flywheel.ErrForbidden, "http://[fe80::1%25eth0]/": flywheel.ErrForbidden, "http://[::ffff:7f00:1]/": flywheel.ErrForbidden, "http://0x7F000001/": flywheel.ErrForbidden,
		"http://x.example/" + strings.Repeat("a", 2048): flywheel.ErrLimit,
	} {
		_, err := outbound.CheckURL(raw)
		if want == nil {
			require.NoError(t, err, raw)
			continue
		}
		require.ErrorIs(t, err, want, raw)
		var address *outbound.AddressError
		require.ErrorAs(t, err, &address)
		require.NotContains(t, err.Error(), "u:p")
	}
}

func TestClient(t *testing.T) {
	w := newWorld(t)
	w.names["ok.example"], w.names["in.example"] = []string{"93.184.216.34"}, []string{"10.0.0.1"}
	client := outbound.NewClient(&w.options)
	w.answer = func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/inside":
			http.Redirect(rw, r, "http://in.example/", http.StatusFound)
		case "/literal":
			http.Redirect(rw, r, "http://127.0.0.1:9/", http.StatusTemporaryRedirect)
		case "/file":
			http.Redirect(rw, r, "file:///etc/passwd", http.StatusFound)
		case "/user":
			http.Redirect(rw, r, "http://a:b@ok.example/", http.StatusFound)
		case "/loop":
			http.Redirect(rw, r, "/loop", http.StatusFound)
		case "/once":
			http.Redirect(rw, r, "/fine", http.StatusFound)
		case "/plain":
			http.Redirect(rw, r, "http://ok.example/fine", http.StatusFound)
		case "/long":
			rw.Write(make([]byte, 3<<20))
		default:
			io.WriteString(rw, "fine")
		}
	}
	get := func(raw string) (string, error) {
		res, err := client.Get(raw)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return string(body), err
	}
	for path, want := range map[string]error{
		"/inside": flywheel.ErrForbidden, "/literal": flywheel.ErrForbidden, "/file": flywheel.ErrInvalid, "/user": flywheel.ErrInvalid, "/loop": flywheel.ErrLimit, "/long": flywheel.ErrLimit,
	} {
		_, err := get("http://ok.example" + path)
		require.ErrorIs(t, err, want, path)
	}
	for _, path := range []string{"/", "/once"} {
		body, err := get("http://ok.example" + path)
		require.NoError(t, err)
		require.Equal(t, "fine", body)
	}
	_, err := get("https://ok.example/plain")
	require.ErrorIs(t, err, flywheel.ErrForbidden, "https does not become http")
	_, err = get("http://nobody.example/")
	var dns *net.DNSError
	require.ErrorAs(t, err, &dns)
	for _, address := range w.dialed {
		require.True(t, strings.HasPrefix(address, "93.184.216.34:"), address)
	}

	w.options.Allow = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	body, err := func() (string, error) { client = outbound.NewClient(&w.options); return get("http://in.example/") }()
	require.NoError(t, err)
	require.Equal(t, "fine", body)
	require.NoError(t, outbound.Check(t.Context(), "http://in.example/", &w.options))
	w.options.MaxRedirects = -1
	client = outbound.NewClient(&w.options)
	_, err = get("http://ok.example/once")
	require.ErrorIs(t, err, flywheel.ErrLimit)
	client.CloseIdleConnections()
}

// rebinding answers with an address outside first, and inside from then on.
type rebinding struct{ asked int }

func (r *rebinding) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	if r.asked++; r.asked == 1 {
		return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// A name that changes between the check and the call leads nowhere: what is dialed is
// what was checked.
func TestRebinding(t *testing.T) {
	var dialed []string
	refused := errors.New("nobody there")
	opts := &outbound.Options{Resolver: &rebinding{}, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		dialed = append(dialed, address)
		return nil, refused
	}}
	require.NoError(t, outbound.Check(t.Context(), "http://rebind.example/", opts))
	_, err := outbound.NewClient(opts).Get("http://rebind.example/")
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	require.Empty(t, dialed)
	opts.Resolver = &rebinding{}
	_, err = outbound.NewClient(opts).Get("http://rebind.example/")
	require.ErrorIs(t, err, refused)
	require.Equal(t, []string{"93.184.216.34:80"}, dialed)
}

func FuzzCheckURL(f *testing.F) {
	f.Add("http://0x7f.1/")
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := outbound.CheckURL(raw)
		if err != nil {
			return
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && outbound.Forbidden(a) {
			t.Errorf("%q leads to %v", raw, a)
		}
	})
}

func BenchmarkCheckURL(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := outbound.CheckURL("https://hooks.example/in"); err != nil {
			b.Fatal(err)
		}
	}
}
