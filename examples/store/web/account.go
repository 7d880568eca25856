package web

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Account is a customer who can log in. Its address was proven by a link that was sent there.
type Account struct {
	ID        flywheel.CustomerID `json:"id"`
	Email     string              `json:"email"` // in lower case
	Name      string              `json:"name,omitempty"`
	Language  string              `json:"language,omitempty"`
	Addresses []Address           `json:"addresses,omitempty"`
	// Choices are what the customer allowed, by purpose.
	Choices map[string]bool `json:"choices,omitempty"`
	// Since is when the password was chosen: logins from before are over.
	Since   time.Time `json:"since"`
	Salt    []byte    `json:"salt"`
	Hash    []byte    `json:"hash"`
	Rounds  int       `json:"rounds"`
	Version int64     `json:"version"`
}

// Format prints an account as its id, so that no log says more.
func (a Account) Format(s fmt.State, _ rune) { fmt.Fprint(s, a.ID) }

// Address is where a customer's goods go.
type Address struct {
	Name     string `json:"name"`
	Street   string `json:"street"`
	Postcode string `json:"postcode"`
	City     string `json:"city"`
	Country  string `json:"country"`
}

// Accounts lets customers in. Nothing that it answers to a stranger says who has an account:
// an account begins, and a forgotten password ends, by a link that is sent to the address.
// It is safe for concurrent use.
type Accounts struct {
	store  AccountStore
	now    func() time.Time
	secret []byte
	tries  *Limiter
	turns  chan struct{}
	// Rounds of PBKDF2-HMAC-SHA256: what a guess costs. OWASP asks for 600,000; tests take
	// fewer.
	Rounds int
}

// The limits of an account.
const (
	MinPassword  = 10 // characters
	MaxPassword  = 256
	MaxAddresses = 10
	linkTime     = 24 * time.Hour
)

// ErrLogin is the one answer to a wrong password, to an address without an account, and to a
// link that is forged, used or too old.
var ErrLogin = fmt.Errorf("store: not let in: %w", flywheel.ErrUnauthenticated)

// NewAccounts returns accounts over a store, whose secret signs links.
func NewAccounts(ctx context.Context, store AccountStore, now func() time.Time) (*Accounts, error) {
	secret := make([]byte, 32)
	rand.Read(secret) //nolint:errcheck // never fails
	kept, err := store.Secret(ctx, secret)
	if err != nil {
		return nil, err
	}
	return &Accounts{store: store, now: now, secret: kept, tries: NewLimiter(10, 15*time.Minute), turns: make(chan struct{}, 4), Rounds: 600_000}, nil
}

// Secret is the one that the store keeps, for signing: the same after a restart.
func (a *Accounts) Secret(purpose string) []byte {
	mac := hmac.New(sha256.New, a.secret)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

// Get returns an account.
func (a *Accounts) Get(ctx context.Context, id flywheel.CustomerID) (Account, error) {
	return a.store.ByID(ctx, id)
}

// Find returns the account of an address. It is not for answers to strangers.
func (a *Accounts) Find(ctx context.Context, email string) (Account, error) {
	return a.store.ByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
}

// CheckEmail reports whether mail can be sent to an address.
func CheckEmail(email string) error {
	before, after, at := strings.Cut(email, "@")
	if !at || before == "" || !strings.Contains(after, ".") || len(email) > 254 || strings.ContainsAny(email, " \t\r\n<>,;\"") || strings.Contains(after, "@") {
		return &flywheel.FieldError{Field: "email", Err: fmt.Errorf("no address: %w", flywheel.ErrInvalid)}
	}
	return flywheel.CheckID(email)
}

func checkPassword(password string) error {
	n := utf8.RuneCountInString(password)
	if n < MinPassword || len(password) > MaxPassword {
		return &flywheel.FieldError{Field: "password", Err: fmt.Errorf("%d characters, at least %d: %w", n, MinPassword, flywheel.ErrInvalid)}
	}
	return nil
}

// Link returns the token of a link that, sent to an address, lets its owner choose a
// password: once, within a day. known reports whether there is an account already.
func (a *Accounts) Link(ctx context.Context, email string) (token string, known bool, err error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if err := CheckEmail(email); err != nil {
		return "", false, err
	}
	if !a.tries.Allow("link\x00"+email, a.now()) {
		return "", false, fmt.Errorf("store: links: %w", flywheel.ErrRateLimited)
	}
	had, err := a.store.ByEmail(ctx, email)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return "", false, err
	}
	body := email + "\x00" + strconv.FormatInt(a.now().Add(linkTime).Unix(), 10) + "\x00" + strconv.FormatInt(had.Since.UnixMicro(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(body)) + "." + hex.EncodeToString(a.sign(body)), err == nil, nil
}

func (a *Accounts) sign(body string) []byte {
	mac := hmac.New(sha256.New, a.Secret("link"))
	mac.Write([]byte(body))
	return mac.Sum(nil)
}

// Open reads a link: whose it is, while it is good.
func (a *Accounts) Open(ctx context.Context, token string) (Account, error) {
	body, signature, ok := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(body)
	given, wrong := hex.DecodeString(signature)
	if !ok || err != nil || wrong != nil || !hmac.Equal(a.sign(string(text)), given) {
		return Account{}, ErrLogin
	}
	parts := strings.Split(string(text), "\x00")
	until, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || a.now().Unix() >= until {
		return Account{}, ErrLogin
	}
	had, err := a.store.ByEmail(ctx, parts[0])
	if errors.Is(err, flywheel.ErrNotFound) {
		had = Account{Email: parts[0]}
	} else if err != nil {
		return Account{}, err
	}
	if strconv.FormatInt(had.Since.UnixMicro(), 10) != parts[2] {
		return Account{}, ErrLogin // the password was chosen since
	}
	return had, nil
}

// Choose sets the password of a link's account, which it opens where there is none; fresh
// reports that.
func (a *Accounts) Choose(ctx context.Context, token, name, password string) (saved Account, fresh bool, err error) {
	of, err := a.Open(ctx, token)
	if err != nil {
		return Account{}, false, err
	}
	if of.Name == "" {
		of.Name = name
	}
	return a.password(ctx, of, password)
}

// Create opens an account at once, for programs that know whose an address is.
func (a *Accounts) Create(ctx context.Context, email, name, password string) (Account, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if err := CheckEmail(email); err != nil {
		return Account{}, err
	}
	of, _, err := a.password(ctx, Account{Email: email, Name: name}, password)
	return of, err
}

func (a *Accounts) password(ctx context.Context, of Account, password string) (saved Account, fresh bool, err error) {
	if err := checkPassword(password); err != nil {
		return Account{}, false, err
	}
	if len(of.Name) > 200 || !utf8.ValidString(of.Name) {
		return Account{}, false, &flywheel.FieldError{Field: "name", Err: flywheel.ErrLimit}
	}
	if fresh = of.ID == ""; fresh {
		of.ID = flywheel.CustomerID("c-" + string(newVisitor()))
	}
	of.Salt, of.Rounds, of.Since = make([]byte, 16), a.Rounds, a.now().UTC().Truncate(time.Microsecond)
	rand.Read(of.Salt) //nolint:errcheck // never fails
	if of.Hash, err = a.hash(ctx, password, of.Salt, of.Rounds); err != nil {
		return Account{}, false, err
	}
	saved, err = a.store.Save(ctx, of)
	return saved, fresh, err
}

// hash takes its time, a few at once, so that guesses do not take the machine.
func (a *Accounts) hash(ctx context.Context, password string, salt []byte, rounds int) ([]byte, error) {
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
}

// Login returns the account of an address and password. After ten failures for an address,
// or from a place, neither is let in for a quarter of an hour.
func (a *Accounts) Login(ctx context.Context, email, password, from string) (Account, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	for _, key := range []string{"mail\x00" + email, "from\x00" + from} {
		if a.tries.Full(key, a.now()) {
			return Account{}, fmt.Errorf("store: login: %w", flywheel.ErrRateLimited)
		}
	}
	of, err := a.store.ByEmail(ctx, email)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return Account{}, err
	}
	nobody := err != nil
	if nobody { // takes as long as somebody
		of.Salt, of.Rounds, of.Hash = make([]byte, 16), a.Rounds, make([]byte, sha256.Size)
	}
	if len(password) > MaxPassword {
		password = ""
	}
	hash, err := a.hash(ctx, password, of.Salt, of.Rounds)
	if err != nil {
		return Account{}, err
	}
	if !hmac.Equal(hash, of.Hash) || nobody {
		a.tries.Allow("mail\x00"+email, a.now())
		a.tries.Allow("from\x00"+from, a.now())
		return Account{}, ErrLogin
	}
	return of, nil
}

// Change saves what fn changes of an account.
func (a *Accounts) Change(ctx context.Context, id flywheel.CustomerID, fn func(*Account) error) (Account, error) {
	for range 10 {
		of, err := a.store.ByID(ctx, id)
		if err != nil {
			return Account{}, err
		}
		if err := fn(&of); err != nil {
			return Account{}, err
		}
		if len(of.Addresses) > MaxAddresses {
			return Account{}, &flywheel.FieldError{Field: "address", Err: fmt.Errorf("at most %d: %w", MaxAddresses, flywheel.ErrLimit)}
		}
		of, err = a.store.Save(ctx, of)
		if !errors.Is(err, flywheel.ErrStale) {
			return of, err
		}
	}
	return Account{}, flywheel.ErrStale
}

// Forget removes an account.
func (a *Accounts) Forget(ctx context.Context, id flywheel.CustomerID) error {
	return a.store.Delete(ctx, id)
}

// Good reports whether a login still holds: the account is there, and its password was not
// chosen since.
func (a *Accounts) Good(ctx context.Context, w Who) bool {
	of, err := a.store.ByID(ctx, w.Customer)
	return err == nil && of.Since.UnixMicro() == w.Since
}
