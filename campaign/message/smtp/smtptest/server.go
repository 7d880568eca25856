package smtptest

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options configure a [Server]. Nil and zero fields are the defaults.
type Options struct {
	// Addr is where to listen, by default a free port of 127.0.0.1.
	Addr string
	// SelfSigned offers STARTTLS; with Implicit the server speaks TLS from the first
	// byte.
	SelfSigned, Implicit bool
	// Users are who may log in, by password. Where there are any, a mail needs a login.
	Users map[string]string
	// Reply answers a command line, or "." for a whole mail, such as "451 later";
	// empty lets the server answer, and "hang up" ends the connection.
	Reply func(command string) string
	// Mail is told of each mail that was taken.
	Mail func(m Mail)
}

// Mail is a mail as it arrived.
type Mail struct {
	From string
	To   []string
	// Data is the mail itself, with lines that end in a line feed.
	Data []byte
	// TLS says that it came over TLS, User who had logged in.
	TLS  bool
	User string
}

// Server is a mail server that keeps what it gets.
type Server struct {
	// Addr is host and port.
	Addr string

	opts     Options
	listener net.Listener
	tls      *tls.Config
	roots    *x509.CertPool
	work     sync.WaitGroup

	mu     sync.Mutex
	mails  []Mail
	conns  map[net.Conn]bool
	closed bool
}

const (
	maxMail       = 16 << 20
	maxRecipients = 100
	maxMails      = 1000
	idle          = time.Minute
)

// Start starts a server. Close it.
func Start(o *Options) (*Server, error) {
	s := &Server{conns: map[net.Conn]bool{}}
	if o != nil {
		s.opts = *o
	}
	if s.opts.Addr == "" {
		s.opts.Addr = "127.0.0.1:0"
	}
	if s.opts.SelfSigned || s.opts.Implicit {
		if err := s.certify(); err != nil {
			return nil, err
		}
	}
	var c net.ListenConfig
	var err error
	if s.listener, err = c.Listen(context.Background(), "tcp", s.opts.Addr); err != nil {
		return nil, fmt.Errorf("smtptest: %w", err)
	}
	s.Addr = s.listener.Addr().String()
	s.work.Go(s.serve)
	return s, nil
}

// certify makes a certificate for the loopback addresses.
func (s *Server) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("smtptest: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("smtptest: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("smtptest: %w", err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(leaf)
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return nil
}

// Roots trusts the server's certificate; it is nil without one.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Mails returns what was taken, the newest last.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Close hangs up on everybody and stops.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.Close() //nolint:errcheck // its talk ends by it
	}
	s.mu.Unlock()
	s.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Server) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			conn.Close() //nolint:errcheck // nobody was told of it
			return
		}
		s.conns[conn] = true
		s.mu.Unlock()
		s.work.Go(func() {
			t := &talk{server: s, conn: conn}
			t.run()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
			conn.Close() //nolint:errcheck // it is over
		})
	}
}

// talk is one connection.
type talk struct {
	server *Server
	conn   net.Conn
	r      *bufio.Reader
	mail   Mail
	user   string
	secure bool
}

func (t *talk) say(line string) bool {
	_, err := io.WriteString(t.conn, line+"\r\n")
	return err == nil
}

// secured puts TLS over the connection.
func (t *talk) secured() bool {
	secure := tls.Server(t.conn, t.server.tls)
	if secure.Handshake() != nil {
		return false
	}
	t.conn, t.secure, t.r = secure, true, bufio.NewReader(secure)
	t.mail, t.user = Mail{}, ""
	return true
}

func (t *talk) run() {
	t.r = bufio.NewReader(t.conn)
	if t.server.opts.Implicit && !t.secured() {
		return
	}
	if !t.say("220 smtptest ready") {
		return
	}
	for {
		t.conn.SetDeadline(time.Now().Add(idle)) //nolint:errcheck // a closed one fails below
		line, err := t.line()
		if err != nil || !t.answer(line) {
			return
		}
	}
}

// line reads a command of at most 4 KiB.
func (t *talk) line() (string, error) {
	var line []byte
	for {
		part, more, err := t.r.ReadLine()
		if err != nil {
			return "", err
		}
		line = append(line, part...)
		if len(line) > 4096 {
			return "", errors.New("too long")
		}
		if !more {
			return string(line), nil
		}
	}
}

// answer answers a command, and reports whether the talk goes on.
func (t *talk) answer(line string) bool {
	if t.server.opts.Reply != nil {
		switch reply := t.server.opts.Reply(line); reply {
		case "":
		case "hang up":
			return false
		default:
			return t.say(reply)
		}
	}
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "HELO":
		return t.say("250 smtptest")
	case "EHLO":
		lines := []string{"smtptest", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}
		if t.server.tls != nil && !t.secure {
			lines = append(lines, "STARTTLS")
		}
		if t.server.opts.Users != nil {
			lines = append(lines, "AUTH PLAIN")
		}
		for _, l := range lines[:len(lines)-1] {
			if !t.say("250-" + l) {
				return false
			}
		}
		return t.say("250 " + lines[len(lines)-1])
	case "STARTTLS":
		if t.server.tls == nil || t.secure {
			return t.say("502 5.5.1 no TLS here")
		}
		return t.say("220 go ahead") && t.secured()
	case "AUTH":
		return t.login(rest)
	case "MAIL":
		if t.server.opts.Users != nil && t.user == "" {
			return t.say("530 5.7.0 log in first")
		}
		from, ok := path(rest, "FROM:")
		if !ok {
			return t.say("501 5.1.7 no address")
		}
		t.mail = Mail{From: from, TLS: t.secure, User: t.user}
		return t.say("250 2.1.0 ok")
	case "RCPT":
		to, ok := path(rest, "TO:")
		switch {
		case !ok || to == "":
			return t.say("501 5.1.3 no address")
		case t.mail.From == "" || len(t.mail.To) == maxRecipients:
			return t.say("503 5.5.1 not now")
		}
		t.mail.To = append(t.mail.To, to)
		return t.say("250 2.1.5 ok")
	case "DATA":
		if len(t.mail.To) == 0 {
			return t.say("503 5.5.1 to whom")
		}
		return t.say("354 go ahead") && t.data()
	case "RSET":
		t.mail = Mail{}
		return t.say("250 2.0.0 ok")
	case "NOOP":
		return t.say("250 2.0.0 ok")
	case "QUIT":
		t.say("221 2.0.0 bye")
		return false
	}
	return t.say("502 5.5.2 unknown")
}

// path reads the address of MAIL and RCPT.
func path(rest, prefix string) (address string, ok bool) {
	if len(rest) < len(prefix) || !strings.EqualFold(rest[:len(prefix)], prefix) {
		return "", false
	}
	rest = strings.TrimSpace(rest[len(prefix):])
	end := strings.LastIndexByte(rest, '>')
	if !strings.HasPrefix(rest, "<") || end < 0 {
		return "", false
	}
	return rest[1:end], true
}

// login answers AUTH PLAIN with the credentials in the same line.
func (t *talk) login(rest string) bool {
	method, given, _ := strings.Cut(rest, " ")
	text, err := base64.StdEncoding.DecodeString(given)
	parts := strings.Split(string(text), "\x00")
	if !strings.EqualFold(method, "PLAIN") || err != nil || len(parts) != 3 {
		return t.say("501 5.5.4 what")
	}
	if want, known := t.server.opts.Users[parts[1]]; !known || want != parts[2] {
		return t.say("535 5.7.8 no")
	}
	t.user = parts[1]
	return t.say("235 2.7.0 ok")
}

// data reads a mail up to its dot.
func (t *talk) data() bool {
	body, err := io.ReadAll(io.LimitReader(textproto.NewReader(t.r).DotReader(), maxMail+1))
	if err != nil || len(body) > maxMail {
		return false
	}
	t.mail.Data = body
	if t.server.opts.Reply != nil {
		switch reply := t.server.opts.Reply("."); reply {
		case "":
		case "hang up":
			return false
		default:
			t.mail = Mail{}
			return t.say(reply)
		}
	}
	got := t.mail
	t.mail = Mail{}
	t.server.mu.Lock()
	if len(t.server.mails) == maxMails {
		t.server.mails = slices.Delete(t.server.mails, 0, 1)
	}
	t.server.mails = append(t.server.mails, got)
	t.server.mu.Unlock()
	if t.server.opts.Mail != nil {
		t.server.opts.Mail(got)
	}
	return t.say("250 2.0.0 taken")
}
