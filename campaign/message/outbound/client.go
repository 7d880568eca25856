package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/flywheel-go/flywheel"
)

// The bounds of a client that Options do not set.
const (
	DefaultTimeout      = 10 * time.Second
	DefaultMaxRedirects = 3
	DefaultMaxBody      = 1 << 20
)

// Options configure a client. The zero value is ready.
type Options struct {
	// Timeout is how long a call may take, its redirects and the reading of the answer
	// included.
	Timeout time.Duration
	// MaxRedirects is how many redirects are followed; a negative number is none.
	MaxRedirects int
	// MaxBody is how many bytes of an answer can be read; then reading fails with an
	// error matching flywheel.ErrLimit.
	MaxBody int64
	// Allow are networks that may be called although they are inside, such as that of
	// a partner.
	Allow []netip.Prefix
	// Resolver finds the addresses of names, by default net.DefaultResolver.
	Resolver Resolver
	// Dial connects to an address that was checked, by default a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is the configuration of https, by default that of net/http.
	TLS *tls.Config
}

func (o *Options) filled() Options {
	var f Options
	if o != nil {
		f = *o
	}
	if f.Timeout <= 0 {
		f.Timeout = DefaultTimeout
	}
	if f.MaxRedirects == 0 {
		f.MaxRedirects = DefaultMaxRedirects
	}
	if f.MaxBody <= 0 {
		f.MaxBody = DefaultMaxBody
	}
	if f.Resolver == nil {
		f.Resolver = net.DefaultResolver
	}
	if f.Dial == nil {
		f.Dial = (&net.Dialer{Timeout: f.Timeout}).DialContext
	}
	return f
}

// NewClient returns a client that does not call inside. Nil options are the
// defaults. An error of a call that was refused is, within its *url.Error, an
// [*AddressError].
func NewClient(opts *Options) *http.Client {
	o := opts.filled()
	return &http.Client{
		Timeout: o.Timeout,
		Transport: &guard{o, &http.Transport{
			DialContext:            o.dial,
			TLSClientConfig:        o.TLS,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    o.Timeout,
			ResponseHeaderTimeout:  o.Timeout,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConnsPerHost:    2,
			MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > max(0, o.MaxRedirects) {
				return refuse(req.URL.Hostname(), flywheel.ErrLimit, "more than %d redirects", max(0, o.MaxRedirects))
			}
			if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme == "http" {
				return refuse(req.URL.Hostname(), flywheel.ErrForbidden, "a redirect from https to http")
			}
			return nil
		},
	}
}

// dial resolves a name, checks all its addresses, and connects to one of them.
func (o Options) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addresses, err := resolve(ctx, o.Resolver, host, o.Allow)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, a := range addresses {
		conn, err := o.Dial(ctx, network, net.JoinHostPort(a.Unmap().String(), port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// guard checks the address of every request, those of redirects among them, and
// bounds what can be read of the answer.
type guard struct {
	opts Options
	next *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := check(req.URL, g.opts.Allow); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	res, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = &bounded{res.Body, g.opts.MaxBody, g.opts.MaxBody}
	return res, nil
}

// CloseIdleConnections is called by the method of http.Client.
func (g *guard) CloseIdleConnections() { g.next.CloseIdleConnections() }

// bounded is a body that ends with an error when more than most would be read.
type bounded struct {
	io.ReadCloser
	left, most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fmt.Errorf("outbound: the answer has more than %d bytes: %w", b.most, flywheel.ErrLimit)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, fmt.Errorf("outbound: the answer has more than %d bytes: %w", b.most, flywheel.ErrLimit)
	}
	return n, err
}
