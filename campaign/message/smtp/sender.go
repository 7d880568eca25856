package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message"
)

// DefaultTimeout is how long a mail may take where [Options] say nothing.
const DefaultTimeout = 30 * time.Second

// Options configure a [Sender]. Addr and From are needed.
type Options struct {
	// Addr is host and port of the server.
	Addr string
	// From is whose mails they are, and where they bounce to.
	From mail.Address
	// Name is how the sender greets; "localhost" by default.
	Name string
	// User and Password log in, where User is not empty.
	User     string
	Password message.Private
	// Implicit speaks TLS from the first byte, as on port 465. Otherwise the server must
	// offer STARTTLS.
	Implicit bool
	// Plain sends without TLS, and needs an Addr of this machine.
	Plain bool
	// TLS is the configuration of TLS; its ServerName is the host of Addr by default.
	TLS *tls.Config
	// Timeout is how long one mail may take in all; [DefaultTimeout] by default.
	Timeout time.Duration
	// Dial connects, by default a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// ErrTLS reports a server that offers no TLS. It is no fault of the mail, which is
// worth another attempt.
var ErrTLS = fmt.Errorf("smtp: the server offers no TLS: %w", flywheel.ErrConflict)

// ErrLogin reports a server that refuses the login. It is no fault of the mail either.
var ErrLogin = fmt.Errorf("smtp: login refused: %w", flywheel.ErrConflict)

// Error is what a server answered.
type Error struct {
	// Step is what was asked: "connect", "hello", "tls", "login", "from", "to", "data".
	Step string
	// Code is the answer of RFC 5321, such as 550; Enhanced that of RFC 3463, such as
	// "5.1.1", where the server gave one.
	Code     int
	Enhanced string
	kind     error
}

// Error tells step and codes; the text of the answer, which may hold the address, is
// left out.
func (e *Error) Error() string {
	if e.Enhanced != "" {
		return fmt.Sprintf("smtp: %s: %d %s", e.Step, e.Code, e.Enhanced)
	}
	return fmt.Sprintf("smtp: %s: %d", e.Step, e.Code)
}

// Unwrap returns the kind, nil for an error that another attempt may not meet.
func (e *Error) Unwrap() error { return e.kind }

// Temporary reports whether another attempt is worth it.
func (e *Error) Temporary() bool {
	return e.kind == nil || errors.Is(e.kind, ErrLogin)
}

// Sender hands mails to one server. It is immutable and safe for concurrent use.
type Sender struct {
	opts Options
	host string
}

// New returns a sender. It does not connect. An error is a [*flywheel.FieldError].
func New(o Options) (*Sender, error) {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil || host == "" {
		return nil, refused("addr", flywheel.ErrInvalid, "%q is no host and port", o.Addr)
	}
	if err := checkAddress("from", o.From.Address); err != nil {
		return nil, err
	}
	if _, err := message.Header("From", o.From.Name); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	ip := net.ParseIP(host)
	switch {
	case o.Plain && (o.Implicit || o.User != ""):
		return nil, refused("plain", flywheel.ErrInvalid, "neither with TLS nor with a login")
	case o.Plain && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return nil, refused("plain", flywheel.ErrForbidden, "%s is another machine", host)
	case o.Timeout < 0:
		return nil, refused("timeout", flywheel.ErrOutOfRange, "%v", o.Timeout)
	}
	if o.Name == "" {
		o.Name = "localhost"
	}
	if strings.ContainsAny(o.Name, "\r\n ") {
		return nil, refused("name", flywheel.ErrInvalid, "%q", o.Name)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	o.TLS = o.TLS.Clone()
	if o.TLS.ServerName == "" {
		o.TLS.ServerName = host
	}
	if o.TLS.MinVersion < tls.VersionTLS12 {
		o.TLS.MinVersion = tls.VersionTLS12
	}
	return &Sender{o, host}, nil
}

// Send hands over one mail. A nil error means that the server took it. The error is a
// [*message.SendError], which says to which customer and not to which address; see the
// package for its kinds. It returns soon after ctx ends.
func (s *Sender) Send(ctx context.Context, m Mail) error {
	err := s.send(ctx, m)
	if err == nil {
		return nil
	}
	return &message.SendError{To: m.To, Err: err}
}

func (s *Sender) send(ctx context.Context, m Mail) error {
	data, err := Compose(s.opts.From, m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	conn, err := s.opts.Dial(ctx, "tcp", s.opts.Addr)
	if err != nil {
		return fmt.Errorf("smtp: connect: %w", why(ctx, err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })() //nolint:errcheck // closed anyway
	if s.opts.Implicit {
		conn = tls.Client(conn, s.opts.TLS)
	}
	if err := s.talk(conn, m.To.Email.Reveal(), data); err != nil {
		return why(ctx, err)
	}
	return nil
}

// why adds that ctx is over, which is the cause of what failed.
func why(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w: %w", err, ctx.Err())
	}
	return err
}

// talk says one mail over a connection.
func (s *Sender) talk(conn net.Conn, to string, data []byte) error {
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return answer("connect", err)
	}
	if err := c.Hello(s.opts.Name); err != nil {
		return answer("hello", err)
	}
	if !s.opts.Implicit && !s.opts.Plain {
		if offered, _ := c.Extension("STARTTLS"); !offered {
			return ErrTLS
		}
		if err := c.StartTLS(s.opts.TLS); err != nil {
			return answer("tls", err)
		}
	}
	if s.opts.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.opts.User, s.opts.Password.Reveal(), s.host)); err != nil {
			return login(err)
		}
	}
	if err := c.Mail(s.opts.From.Address); err != nil {
		return sender(err)
	}
	if err := c.Rcpt(to); err != nil {
		return answer("to", err)
	}
	w, err := c.Data()
	if err != nil {
		return answer("data", err)
	}
	_, err = w.Write(data)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		var said *textproto.Error
		if !errors.As(err, &said) {
			return fmt.Errorf("smtp: data: %w: %w", flywheel.ErrUnknownOutcome, err)
		}
		return answer("data", err)
	}
	c.Quit() //nolint:errcheck // the mail was taken
	return nil
}

// answer is an error of a step. What is not the server's word is left as it is.
func answer(step string, err error) error {
	var said *textproto.Error
	if !errors.As(err, &said) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("smtp: %s: %w", step, err)
	}
	e := &Error{Step: step, Code: said.Code}
	if first, _, _ := strings.Cut(said.Msg, " "); enhanced(first) {
		e.Enhanced = first
	}
	if said.Code < 500 || step != "to" && step != "data" {
		return e // another server, or this one later
	}
	switch {
	case strings.HasPrefix(e.Enhanced, "5.1.1") || strings.HasPrefix(e.Enhanced, "5.1.2") || strings.HasPrefix(e.Enhanced, "5.1.10") || strings.HasPrefix(e.Enhanced, "5.2.1"):
		e.kind = flywheel.ErrNotFound
	case strings.HasPrefix(e.Enhanced, "5.1.3") || said.Code == 501 || said.Code == 553:
		e.kind = flywheel.ErrInvalid
	case e.Enhanced == "" && step == "to" && (said.Code == 550 || said.Code == 551):
		e.kind = flywheel.ErrNotFound
	case strings.HasPrefix(e.Enhanced, "5.2.2"): // a mailbox that is full may be emptied
	default:
		e.kind = flywheel.ErrForbidden
	}
	return e
}

// enhanced reports whether text is a code of RFC 3463.
func enhanced(text string) bool {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] != "2" && parts[0] != "4" && parts[0] != "5" {
		return false
	}
	for _, p := range parts[1:] {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return true
}

// login is an error of logging in, which is never the mail's fault.
func login(err error) error {
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 {
		return &Error{Step: "login", Code: said.Code, kind: ErrLogin}
	}
	return answer("login", err)
}

// sender is an error about whose mails they are: again not the mail's fault.
func sender(err error) error { return answer("from", err) }
