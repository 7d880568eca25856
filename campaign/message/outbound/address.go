package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// AddressError is an address that is not called. It matches [flywheel.ErrInvalid]
// where it is malformed, [flywheel.ErrForbidden] where it leads inside, and
// [flywheel.ErrLimit] where it redirects too often.
type AddressError struct {
	Host string // of the address, without user info, path and query
	Err  error  // wraps a kind
}

func (e *AddressError) Error() string { return fmt.Sprintf("outbound: host %q: %v", e.Host, e.Err) }

// Unwrap returns the cause.
func (e *AddressError) Unwrap() error { return e.Err }

func refuse(host string, kind error, format string, args ...any) error {
	if len(host) > 100 {
		host = strings.ToValidUTF8(host[:100], "")
	}
	return &AddressError{host, fmt.Errorf(format+": %w", append(args, kind)...)}
}

// forbidden are the networks inside, beside those that package netip knows.
var forbidden = func() (list []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", // this network, shared, protocol, benchmark, reserved
		"100::/64", "2001::/32", "fec0::/10", "5f00::/16", // discard, Teredo, site-local, segment routing
	} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

// The IPv6 networks whose addresses hold an IPv4 address, and where it begins.
var embedding = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("::/96"), 12}, {netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12}, {netip.MustParsePrefix("2002::/16"), 2},
}

// Forbidden reports whether an address leads inside: see the package comment.
func Forbidden(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return true
	}
	a = a.Unmap()
	if a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return true // private are unique-local ones, too
	}
	for _, p := range forbidden {
		if p.Contains(a) {
			return true
		}
	}
	if a.Is6() {
		bytes := a.As16()
		for _, e := range embedding {
			if e.prefix.Contains(a) {
				return Forbidden(netip.AddrFrom4([4]byte(bytes[e.at : e.at+4])))
			}
		}
	}
	return false
}

// maxURL is the longest address, in bytes.
const maxURL = 2048

// CheckURL reads an address: http or https, a host, no user info. A host that is an
// address is checked by [Forbidden]; what a name leads to is seen when it is dialed,
// or by [Check].
func CheckURL(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, refuse("", flywheel.ErrLimit, "%d bytes, at most %d", len(raw), maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, refuse("", flywheel.ErrInvalid, "not an address")
	}
	return u, check(u, nil)
}

func check(u *url.URL, allow []netip.Prefix) error {
	host := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse(host, flywheel.ErrInvalid, "scheme %.20q is neither http nor https", u.Scheme)
	case u.User != nil:
		return refuse(host, flywheel.ErrInvalid, "user info")
	case u.Opaque != "" || host == "" || len(host) > 253:
		return refuse(host, flywheel.ErrInvalid, "no host")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return refuse(host, flywheel.ErrInvalid, "port %.10q", p)
		}
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return permit(host, a, allow)
	}
	for i := range len(host) {
		if c := host[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^{|}%`+"`", c) >= 0 {
			return refuse(host, flywheel.ErrInvalid, "the name has the byte %#x; names of other scripts are written in punycode", c)
		}
	}
	if a, ok := oldForm(host); ok {
		if err := permit(host, a, allow); err != nil {
			return err
		}
		return refuse(host, flywheel.ErrInvalid, "an unusual form of %v", a)
	}
	return nil
}

// permit reports whether an address may be dialed.
func permit(host string, a netip.Addr, allow []netip.Prefix) error {
	for _, p := range allow {
		if p.Contains(a.Unmap()) {
			return nil
		}
	}
	if Forbidden(a) {
		return refuse(host, flywheel.ErrForbidden, "%v is inside", a)
	}
	return nil
}

// oldForm reads the forms of an IPv4 address that inet_aton takes: one to four
// numbers, decimal, octal or hexadecimal, of which the last fills what is left.
func oldForm(host string) (netip.Addr, bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 0, 64)
		if err != nil || strings.ContainsAny(p, "_oObB") && !strings.HasPrefix(strings.ToLower(p), "0x") {
			if n, err = strconv.ParseUint(p, 10, 64); err != nil {
				return netip.Addr{}, false
			}
		}
		width := 8
		if i == len(parts)-1 {
			width = 8 * (5 - len(parts))
		}
		if n >= 1<<width {
			return netip.Addr{}, false
		}
		value = value<<width | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

// Resolver finds the addresses of a name. A *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// resolve returns the addresses of a host, all of which may be dialed.
func resolve(ctx context.Context, r Resolver, host string, allow []netip.Prefix) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, permit(host, a, allow)
	}
	addresses, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("outbound: %w", err)
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("outbound: %w", &net.DNSError{Err: "no address", Name: host, IsNotFound: true})
	}
	for _, a := range addresses {
		if err := permit(host, a, allow); err != nil {
			return nil, err
		}
	}
	return addresses, nil
}

// Check reports whether an address may be called as its name resolves now. It calls
// nobody; the client checks again when it dials. Nil options are the defaults.
func Check(ctx context.Context, raw string, opts *Options) error {
	o := opts.filled()
	if len(raw) > maxURL {
		return refuse("", flywheel.ErrLimit, "%d bytes, at most %d", len(raw), maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return refuse("", flywheel.ErrInvalid, "not an address")
	}
	if err := check(u, o.Allow); err != nil {
		return err
	}
	_, err = resolve(ctx, o.Resolver, u.Hostname(), o.Allow)
	return err
}
