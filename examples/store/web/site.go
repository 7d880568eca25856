// Package web has the HTTP parts of the store: pages in languages, visitors known by a
// signed cookie, forms that are bounded, answers with the headers that browsers protect
// people by. It knows nothing of shops.
package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Site serves pages. It is safe for concurrent use once all pages are there.
type Site struct {
	places    []Place
	templates *template.Template
	cookies   *cookies
	mux       *http.ServeMux
	log       *slog.Logger
	meter     meter
	// Good reports whether the login of a cookie still holds; nil trusts the signature.
	Good func(ctx context.Context, who Who) bool
	// Posts limits the forms that one place sends; nil limits nothing.
	Posts *Limiter
}

// Place is a part of the site with addresses of its own: a language, and the country and the
// currency that its prices are for.
type Place struct {
	Prefix                      string // of its addresses, such as "en-us"
	Language, Country, Currency string
	Name                        string // as its people say
}

// MaxForm is the longest body of a request.
const MaxForm = 1 << 20

// New returns a site without pages. The first place is that of addresses without one; secret
// signs the cookies.
func New(places []Place, templates *template.Template, secret []byte, log *slog.Logger) *Site {
	s := &Site{places: places, templates: templates, cookies: &cookies{secret}, mux: http.NewServeMux(), log: log, meter: meter{answers: map[[2]string]*times{}}}
	nowhere := func(*Request) (Answer, error) { return Answer{}, errNowhere }
	for _, method := range []string{http.MethodGet, http.MethodPost} { // any other method of a page is not allowed there
		s.Plain(method, "/", nowhere)
		for _, p := range places {
			s.mux.HandleFunc(method+" /"+p.Prefix+"/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, p, nowhere) })
		}
	}
	return s
}

var errNowhere = fmt.Errorf("page: %w", flywheel.ErrNotFound)

// Handler answers a request with a page or a redirect.
type Handler func(r *Request) (Answer, error)

// Answer is what a handler says: a template with its view, an address to go to, or a file.
type Answer struct {
	Template string
	View     any
	Status   int // 200 where it is 0
	Redirect string
	Type     string // of Body
	Body     []byte
	Name     string // under which Body is saved, by whoever asked and nobody between
	Fresh    bool   // whether Body may be another one the next time
	Printed  bool   // whether Body is a page of its own with its style in it, for whoever asked
}

// Page is a template with its view.
func Page(template string, view any) (Answer, error) {
	return Answer{Template: template, View: view}, nil
}

// Printed is a page to print, complete in itself.
func Printed(body []byte) (Answer, error) {
	return Answer{Type: "text/html; charset=utf-8", Body: body, Printed: true}, nil
}

// Go sends the browser to a path of the site, in the language of the request.
func (r *Request) Go(path string) (Answer, error) { return Answer{Redirect: r.At(path)}, nil }

// Handle adds a page. Pattern is a method and a path of net/http without the language,
// such as "GET /cart".
func (s *Site) Handle(method, path string, h Handler) {
	for _, p := range s.places {
		s.mux.HandleFunc(method+" /"+p.Prefix+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, p, h) })
	}
}

// Plain adds a page whose address has no language, such as a stylesheet.
func (s *Site) Plain(method, path string, h Handler) {
	s.mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, s.places[0], h) })
}

// ServeHTTP implements [http.Handler]: protection against posts from other origins first.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	http.NewCrossOriginProtection().Handler(s.mux).ServeHTTP(w, r)
}

func (s *Site) serve(w http.ResponseWriter, raw *http.Request, at Place, h Handler) {
	began := time.Now()
	r := &Request{Request: raw, Language: at.Language, Place: at, site: s, shop: raw.Context()}
	r.Who = s.cookies.read(raw)
	before := r.Who
	if r.Who.Customer != "" && s.Good != nil && !s.Good(raw.Context(), r.Who) {
		r.Leave()
	}
	if r.Who.Visitor == "" {
		r.Who.Visitor = newVisitor()
	}
	if r.Who.Role == "" { // the people of the shop act for the shop
		actor := flywheel.Actor{Customer: r.Who.Customer, Visitor: r.Who.Visitor}
		r.Request = raw.WithContext(flywheel.WithActor(raw.Context(), actor))
	}
	var answer Answer
	var err error
	if raw.Method == http.MethodPost && s.Posts != nil && !s.Posts.Allow(r.Host(), began) {
		err = fmt.Errorf("store: forms: %w", flywheel.ErrRateLimited)
	} else {
		answer, err = h(r)
	}
	if err != nil {
		problem := s.failed(raw, err)
		answer = Answer{Template: "problem", View: problem, Status: problem.Status}
	}
	if r.Who != before {
		s.cookies.write(w, r.Who, raw.TLS != nil)
	}
	status := s.write(w, r, answer)
	took := time.Since(began)
	s.meter.count(raw.Pattern, status, took)
	// No personal data: neither query, nor address, nor who it was.
	s.log.Info("page", "method", raw.Method, "pattern", raw.Pattern, "status", status, "took", took.Round(time.Microsecond))
}

// failed is what an error is answered with. One that is the store's own fault is logged, by its
// pattern: a path may be a secret.
func (s *Site) failed(r *http.Request, err error) flywheel.Problem {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return flywheel.Problem{Kind: "limit", Status: http.StatusRequestEntityTooLarge, Text: "That is more than can be sent at once."}
	}
	problem := flywheel.ProblemOf(err)
	if problem.Status >= 500 {
		s.log.Error("page failed", "pattern", r.Pattern, "error", err)
	}
	return problem
}

func (s *Site) write(w http.ResponseWriter, r *Request, a Answer) int {
	if a.Redirect != "" {
		w.Header().Set("Location", a.Redirect)
		w.WriteHeader(http.StatusSeeOther)
		return http.StatusSeeOther
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Body != nil {
		w.Header().Set("Content-Type", a.Type)
		w.Header().Set("Cache-Control", "public, max-age=3600")
		if a.Fresh {
			w.Header().Set("Cache-Control", "no-store")
		}
		if a.Printed {
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
		}
		if a.Name != "" {
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
		}
		w.WriteHeader(a.Status)
		w.Write(a.Body) //nolint:errcheck // the reader has gone
		return a.Status
	}
	var page bytes.Buffer
	err := s.templates.ExecuteTemplate(&page, a.Template, struct {
		*Request
		View any
	}{r, a.View})
	if err != nil {
		s.log.Error("template failed", "template", a.Template, "error", err)
		http.Error(w, "This page cannot be shown.", http.StatusInternalServerError)
		return http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.Status)
	io.Copy(w, &page) //nolint:errcheck // the reader has gone
	return a.Status
}

// Serve answers at an address until ctx ends, and then lets what is under way end.
func (s *Site) Serve(ctx context.Context, address string, ready func(url string)) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 16}
	listener, err := listen(ctx, address)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	ready("http://" + listener.Addr().String() + "/" + s.places[0].Prefix + "/")
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		calm, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(calm)
	}
}
