package crowd

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// browser is one device: it keeps cookies, follows redirects and presses buttons. It asks the
// handler itself, without a network, from an address of its own.
type browser struct {
	crowd   *Crowd
	address string
	cookies map[string]*http.Cookie
}

func newBrowser(c *Crowd, n int) *browser {
	return &browser{crowd: c, address: fmt.Sprintf("10.%d.%d.%d:443", n>>16&255, n>>8&255, n&255), cookies: map[string]*http.Cookie{}}
}

// base is an origin of the store's; posts name it.
const base = "http://store.test"

// see opens a page and returns it with its path, where redirects end.
func (b *browser) see(ctx context.Context, path string) (body, at string, err error) {
	return b.ask(ctx, http.MethodGet, path, nil)
}

// press posts a form, given as names and values in turn.
func (b *browser) press(ctx context.Context, path string, fields ...string) (body, at string, err error) {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.ask(ctx, http.MethodPost, path, form)
}

const mostRedirects = 5

func (b *browser) ask(ctx context.Context, method, path string, form url.Values) (body, at string, err error) {
	for range mostRedirects {
		r, err := http.NewRequestWithContext(ctx, method, base+path, strings.NewReader(form.Encode()))
		if err != nil {
			return "", "", err
		}
		r.RemoteAddr = b.address
		r.RequestURI = r.URL.RequestURI()
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", base)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for _, c := range b.cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		b.crowd.Store.ServeHTTP(w, r)
		b.crowd.counts.pages.Add(1)
		answer := w.Result()
		for _, c := range answer.Cookies() {
			b.cookies[c.Name] = c
			if c.MaxAge < 0 {
				delete(b.cookies, c.Name)
			}
		}
		if to := answer.Header.Get("Location"); to != "" && answer.StatusCode >= 300 && answer.StatusCode < 400 {
			next, err := r.URL.Parse(to)
			if err != nil {
				return "", "", err
			}
			method, path, form = http.MethodGet, next.RequestURI(), nil
			continue
		}
		// Whoever only looks is shown a page; a form may be refused.
		if answer.StatusCode >= 500 || answer.StatusCode >= 400 && method == http.MethodGet {
			return "", "", fmt.Errorf("crowd: %s %s: status %d", method, r.URL.Path, answer.StatusCode)
		}
		return w.Body.String(), r.URL.Path, nil
	}
	return "", "", fmt.Errorf("crowd: %s: redirects do not end", path)
}

// text is what a browser shows of a piece of a page.
func text(s string) string { return strings.TrimSpace(html.UnescapeString(s)) }
