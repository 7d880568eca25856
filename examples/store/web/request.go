package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Request is a request with who makes it, in which language, and at which place of the site.
type Request struct {
	*http.Request
	Language string
	Place    Place
	// Who is kept in the cookie; a handler changes it to let somebody in.
	Who  Who
	site *Site
	shop context.Context
}

// Shop is the context of calls that the shop makes for itself, and not for whoever asks.
func (r *Request) Shop() context.Context { return r.shop }

// Who is the device, and who has signed in on it.
type Who struct {
	Visitor  flywheel.VisitorID
	Customer flywheel.CustomerID
	Since    int64  // which password of the customer let in, see Accounts.Good
	Role     string // of the people of the shop
}

// Enter lets a customer in.
func (r *Request) Enter(a Account) { r.Who.Customer, r.Who.Since = a.ID, a.Since.UnixMicro() }

// Leave lets nobody be in; the device is another one from now on.
func (r *Request) Leave() { r.Who = Who{Visitor: newVisitor()} }

// Host is where the request comes from.
func (r *Request) Host() string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// At is the address of a path at the place of the request.
func (r *Request) At(path string) string { return "/" + r.Place.Prefix + path }

// Mark is a place of the site with the address that this page has there.
type Mark struct {
	Place
	At   string
	Here bool
}

// Places are those of the site with this page in each.
func (r *Request) Places() (all []Mark) {
	here := strings.TrimPrefix(r.URL.Path, "/"+r.Place.Prefix)
	for _, p := range r.site.places {
		all = append(all, Mark{p, "/" + p.Prefix + here, p == r.Place})
	}
	return all
}

// Text is a field of the form or the query, without blanks around it.
func (r *Request) Text(name string) (string, error) {
	if err := r.ParseForm(); err != nil {
		return "", err
	}
	text := strings.TrimSpace(r.Form.Get(name))
	if len(text) > 2000 {
		return "", &flywheel.FieldError{Field: name, Err: flywheel.ErrLimit}
	}
	return text, nil
}

// Document is a field as it was sent, as long as the whole form may be.
func (r *Request) Document(name string) (string, error) {
	if err := r.ParseForm(); err != nil {
		return "", err
	}
	return r.Form.Get(name), nil
}

// Texts are several fields.
func (r *Request) Texts(names ...string) (map[string]string, error) {
	all := map[string]string{}
	for _, name := range names {
		text, err := r.Text(name)
		if err != nil {
			return nil, err
		}
		all[name] = text
	}
	return all, nil
}

// Number is a whole number of the form; otherwise where the field is absent.
func (r *Request) Number(name string, otherwise int64) (int64, error) {
	text, err := r.Text(name)
	if err != nil || text == "" {
		return otherwise, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, &flywheel.FieldError{Field: name, Err: flywheel.ErrInvalid}
	}
	return n, nil
}

// cookies carry Who, signed.
type cookies struct{ secret []byte }

const cookieName = "store"

func (c *cookies) sign(text string) string {
	mac := hmac.New(sha256.New, c.secret)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// read returns nobody for a cookie that is forged or absent.
func (c *cookies) read(r *http.Request) (w Who) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return Who{}
	}
	body, signature, ok := strings.Cut(cookie.Value, ".")
	if !ok || !hmac.Equal([]byte(c.sign(body)), []byte(signature)) {
		return Who{}
	}
	text, err := base64.RawURLEncoding.DecodeString(body)
	parts := strings.Split(string(text), "\x00")
	if err != nil || len(parts) != 4 {
		return Who{}
	}
	since, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return Who{}
	}
	return Who{flywheel.VisitorID(parts[0]), flywheel.CustomerID(parts[1]), since, parts[3]}
}

func (c *cookies) write(w http.ResponseWriter, who Who, secure bool) {
	body := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%s", who.Visitor, who.Customer, who.Since, who.Role))
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: body + "." + c.sign(body), Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, MaxAge: 180 * 24 * 3600,
	})
}

func newVisitor() flywheel.VisitorID {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck // never fails
	return flywheel.VisitorID(base64.RawURLEncoding.EncodeToString(b))
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	return c.Listen(ctx, "tcp", address)
}
