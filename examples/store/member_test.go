package main

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

const password = "correct horse battery"

// letter returns the newest letter to an address, and the path its link leads to.
func letter(t testing.TB, shop *page.Shop, to string) (web.Mail, string) {
	t.Helper()
	mails := shop.Outbox.Mails(to)
	require.NotEmpty(t, mails, "no letter to %s", to)
	link := regexp.MustCompile(`/(en|de|zh)/\S+`).FindString(mails[0].Text)
	return mails[0], link
}

// join opens an account by the link in the letter.
func (b *browser) join(shop *page.Shop, email, friend string, more ...string) {
	b.t.Helper()
	b.press("/en/login/link", "email", email, "friend", friend)
	_, link := letter(b.t, shop, email)
	body, _ := b.see(link)
	_, at := b.press("/en/password", append([]string{"token", hidden(b.t, body, "token"), "friend", hidden(b.t, body, "friend"), "name", "Anna", "password", password}, more...)...)
	require.Equal(b.t, "/en/account", at)
}

func (b *browser) who(shop *page.Shop, email string) flywheel.CustomerID {
	b.t.Helper()
	of, err := shop.Accounts.Find(b.t.Context(), email)
	require.NoError(b.t, err)
	return of.ID
}

func wheres(t *testing.T, fn func(t *testing.T, where string)) {
	for _, where := range []string{"memory", "sqlite:" + filepath.Join(t.TempDir(), "store.db")} {
		t.Run(strings.SplitN(where, ":", 2)[0], func(t *testing.T) { fn(t, where) })
	}
}

// An account is opened by a link; the cart of the device becomes the member's, points and a
// gift card pay beside the card, and the account tells all of it.
func TestBuyAsMember(t *testing.T) {
	wheres(t, func(t *testing.T, where string) {
		shop := opened(t, where)
		b := visit(t, site(shop))
		b.press("/en/cart/add", "sku", "stoneware-mug-blue", "quantity", "2")
		body, at := b.see("/en/account")
		require.Equal(t, "/en/login", at, body)
		b.join(shop, "Anna@Example.com", "", "newsletter", "yes")
		id := b.who(shop, "anna@example.com")
		cart, _ := b.see("/en/cart")
		require.Contains(t, cart, "Stoneware mug", "the cart came along")

		_, err := shop.Points.Apply(t.Context(), loyalty.Operation{Member: id, Key: "present", Kind: loyalty.Earn, Points: 100, At: time.Now(), AvailableAt: time.Now()})
		require.NoError(t, err)
		require.NoError(t, shop.Credit.Grant(t.Context(), string(id), "present", money.New(100, money.EUR), "kindness"))
		b.press("/en/account/profile", "name", "Anna", "street", "Torstraße 1", "postcode", "10115", "city", "Berlin", "country", "DE")
		body, _ = b.see("/en/checkout")
		require.Contains(t, body, "Torstraße 1", "the account's address is there")
		b.press("/en/checkout/delivery", "option", "standard")
		body, _ = b.press("/en/checkout/payment", "number", "4242 4242 4242 4242", "expiry", "12/40", "points", "yes", "credit", "yes", "giftcard", strings.ToLower(data.GiftCard))
		for _, paid := range []string{"points", "gift_card:" + strings.ToLower(data.GiftCard), "store_credit"} {
			require.Contains(t, body, paid)
		}
		body, at = b.order(body, "en")
		require.Regexp(t, `^/en/orders/`, at, body)
		left, err := shop.Points.Spendable(t.Context(), id)
		require.NoError(t, err)
		require.Zero(t, left)

		require.NoError(t, shop.Wheel.Drain(t.Context()))
		account, _ := b.see("/en/account")
		require.Contains(t, account, "Torstraße 1")
		require.Contains(t, account, strings.TrimPrefix(at, "/en/orders/"))
		require.Regexp(t, `<b>0</b> to spend, \d+ pending`, account, "points of the order wait for the time of returns")
		require.Regexp(t, `Tier: <b>Member</b>\. \d+ more lead to Silver`, account)
		history, _ := b.see("/en/account/points")
		require.Contains(t, history, "spent")
		mail, link := letter(t, shop, "anna@example.com")
		require.Equal(t, 1, strings.Count(mail.Text, "thank you for your order"))
		guest := again(t, b.base)
		body, _ = guest.see(link)
		require.Contains(t, body, "Stoneware mug", "the letter's link reaches the order from any device")
		body, _ = guest.see(link + "x")
		require.NotContains(t, body, "Stoneware mug")

		_, at = b.press("/en/logout")
		require.Equal(t, "/en/", at)
		_, at = b.see("/en/account")
		require.Equal(t, "/en/login", at)
		body, _ = b.press("/en/login", "email", "anna@example.com", "password", "wrong password")
		require.Contains(t, body, `role="alert"`)
		_, at = b.press("/en/login", "email", "ANNA@example.com", "password", password, "then", "/cart")
		require.Equal(t, "/en/cart", at)
	})
}

// A guest's order belongs to whoever proves that the address is theirs.
func TestOrderBeforeTheAccount(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	confirmation, at := b.order(b.review("en", "card-4242"), "en")
	require.Contains(t, confirmation, "Open an account")
	other := again(t, b.base)
	other.join(shop, "anna@example.com", "")
	body, _ := other.see("/en/account")
	require.Contains(t, body, at)
	body, _ = other.see(at)
	require.Contains(t, body, "Stoneware mug")
	stranger := again(t, b.base)
	stranger.join(shop, "eve@example.com", "")
	body, _ = stranger.see(at)
	require.NotContains(t, body, "Stoneware mug")
}

// Nothing that a stranger is answered says who has an account, and guessing ends.
func TestNobodyIsEnumerated(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	b.join(shop, "anna@example.com", "")
	stranger := again(t, b.base)
	known, _ := stranger.press("/en/login/link", "email", "anna@example.com")
	unknown, _ := stranger.press("/en/login/link", "email", "nobody@example.com")
	require.Equal(t, strings.ReplaceAll(known, "anna@", "nobody@"), unknown)
	known, _ = stranger.press("/en/login", "email", "anna@example.com", "password", "a wrong password")
	unknown, _ = stranger.press("/en/login", "email", "nobody@example.com", "password", "a wrong password")
	require.Equal(t, strings.ReplaceAll(known, "anna@", "nobody@"), unknown)
	for range 12 {
		known, _ = stranger.press("/en/login", "email", "anna@example.com", "password", "a wrong password")
	}
	require.Contains(t, known, "too often")
	known, _ = stranger.press("/en/login", "email", "anna@example.com", "password", password)
	require.Contains(t, known, "too often", "even the right one")
}

// A link is good once, for its address, for a day; a new password ends the logins before it.
func TestLinksAndLogins(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, func() time.Time { return at }, outside{})
	require.NoError(t, err)
	shop.Accounts.Rounds = 1000
	b := visit(t, site(shop))
	b.join(shop, "anna@example.com", "")
	_, used := letter(t, shop, "anna@example.com")
	body, _ := b.see(used)
	require.Contains(t, body, "401", "a link is good once")
	for _, token := range []string{"", "x", "AAAA.BBBB", used[strings.Index(used, "token=")+6:] + "0"} {
		body, _ = b.press("/en/password", "token", token, "password", "another password")
		require.Contains(t, body, "401")
	}
	other := again(t, b.base)
	other.press("/en/login/link", "email", "anna@example.com")
	_, link := letter(t, shop, "anna@example.com")
	at = at.Add(25 * time.Hour)
	body, _ = other.see(link)
	require.Contains(t, body, "401", "a link is good for a day")
	other.press("/en/login/link", "email", "anna@example.com")
	_, link = letter(t, shop, "anna@example.com")
	body, _ = other.see(link)
	short, _ := other.press("/en/password", "token", hidden(t, body, "token"), "password", "short")
	require.Contains(t, short, "at least ten characters")
	_, where := other.press("/en/password", "token", hidden(t, body, "token"), "password", "another password")
	require.Equal(t, "/en/account", where)
	_, where = b.see("/en/account")
	require.Equal(t, "/en/login", where, "the old login is over")
}

// A review waits for a moderator, is shown with the distribution, and earns once.
func TestReviews(t *testing.T) {
	wheres(t, func(t *testing.T, where string) {
		shop := opened(t, where)
		b := visit(t, site(shop))
		body, _ := b.see("/en/goods/stoneware-mug")
		require.Contains(t, body, "Log in to write a review")
		b.join(shop, "anna@example.com", "")
		id := b.who(shop, "anna@example.com")
		b.order(b.review("en", "card-4242"), "en")
		require.NoError(t, shop.Wheel.Drain(t.Context()))
		body, _ = b.press("/en/goods/stoneware-mug/voices", "kind", "review", "rating", "4", "title", "Good <b>mug</b>", "text", "Keeps the coffee warm.")
		require.Contains(t, body, "when somebody has read it")
		require.NotContains(t, body, "Keeps the coffee warm.")
		b.press("/en/goods/stoneware-mug/voices", "kind", "question", "text", "Does it fit a dishwasher?")
		for p, err := range shop.Reviews.List(t.Context(), review.Filter{Sort: review.Waiting}) {
			require.NoError(t, err)
			_, err = shop.Reviews.Claim(t.Context(), p.ID, "keeper")
			require.NoError(t, err)
			_, err = shop.Reviews.Decide(t.Context(), p.ID, "keeper", moderation.Approved, "")
			require.NoError(t, err)
		}
		body, _ = b.see("/en/goods/stoneware-mug")
		require.Contains(t, body, "Keeps the coffee warm.")
		require.Contains(t, body, "bought here")
		require.Contains(t, body, "100 %")
		require.Contains(t, body, "Does it fit a dishwasher?")
		require.NotContains(t, body, "<b>mug")
		require.NoError(t, shop.Wheel.Drain(t.Context()))
		require.Equal(t, int64(data.ReviewPoints), available(t, shop, id), "a review earns")
		for p, err := range shop.Reviews.List(t.Context(), review.Filter{Author: id}) {
			require.NoError(t, err)
			if p.Kind == review.Review {
				require.NoError(t, shop.Reviews.Withdraw(t.Context(), p.ID, id))
			}
		}
		b.press("/en/goods/stoneware-mug/voices", "kind", "review", "rating", "5", "text", "Still good.")
		for p, err := range shop.Reviews.List(t.Context(), review.Filter{Sort: review.Waiting}) {
			require.NoError(t, err)
			_, err = shop.Reviews.Claim(t.Context(), p.ID, "keeper")
			require.NoError(t, err)
			_, err = shop.Reviews.Decide(t.Context(), p.ID, "keeper", moderation.Approved, "")
			require.NoError(t, err)
		}
		require.NoError(t, shop.Wheel.Drain(t.Context()))
		require.Equal(t, int64(data.ReviewPoints), available(t, shop, id), "once")
	})
}

func available(t testing.TB, shop *page.Shop, id flywheel.CustomerID) int64 {
	t.Helper()
	balance, err := shop.Points.Balance(t.Context(), id)
	require.NoError(t, err)
	return balance.Available
}

// A friend's first order earns both sides when it can no longer come back; oneself, a second
// mailbox and somebody who has bought before earn nothing.
func TestBringAFriend(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, func() time.Time { return at }, outside{})
	require.NoError(t, err)
	shop.Accounts.Rounds = 1000
	handler := site(shop)
	anna := visit(t, handler)
	anna.join(shop, "anna.a@gmail.com", "")
	body, _ := anna.see("/en/account/friends")
	path := regexp.MustCompile(`/en/friend/[^<]+`).FindString(body)
	friend := strings.TrimPrefix(path, "/en/friend/")
	require.Equal(t, anna.who(shop, "anna.a@gmail.com"), flywheel.CustomerID(friend))

	second := again(t, anna.base)
	second.join(shop, "annaa+2@gmail.com", friend)
	ben := again(t, anna.base)
	body, _ = ben.see(path)
	require.Contains(t, body, "A friend invites you")
	ben.join(shop, "ben@example.com", friend)
	for _, who := range []*browser{second, ben} {
		_, where := who.order(who.review("en", "card-4242"), "en")
		require.Regexp(t, `^/en/orders/`, where)
	}
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	body, _ = anna.see("/en/account/friends")
	require.Equal(t, 1, strings.Count(body, "<td>pending</td>"))
	at = at.AddDate(0, 0, 29)
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	require.Zero(t, available(t, shop, flywheel.CustomerID(friend)))
	at = at.AddDate(0, 0, 2)
	for range 2 {
		require.NoError(t, shop.Wheel.Drain(t.Context()))
	}
	require.EqualValues(t, data.FriendPoints, available(t, shop, flywheel.CustomerID(friend)))
	require.GreaterOrEqual(t, available(t, shop, ben.who(shop, "ben@example.com")), int64(data.FriendPoints))
	body, _ = anna.see("/en/account/friends")
	require.Contains(t, body, "<td>earned</td>")
}

// Letters go to those who asked for them, and end by the link in them.
func TestLettersAndTheirEnd(t *testing.T) {
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, func() time.Time { return at }, outside{})
	require.NoError(t, err)
	shop.Accounts.Rounds = 1000
	handler := site(shop)
	anna, ben := visit(t, handler), visit(t, handler)
	anna.join(shop, "anna@example.com", "", "newsletter", "yes")
	ben.join(shop, "ben@example.com", "")
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	require.Len(t, shop.Outbox.Mails("ben@example.com"), 1, "the link alone")
	mail, _ := letter(t, shop, "anna@example.com")
	require.Contains(t, mail.Text, "good to have you here")
	stop := regexp.MustCompile(`/en/stop\S+`).FindString(mail.Text)
	stranger := again(t, anna.base)
	body, _ := stranger.see(strings.Replace(stop, "token=", "token=A", 1))
	require.Contains(t, body, "401")
	body, _ = stranger.see(stop)
	_, after := stranger.press("/en/stop", "customer", hidden(t, body, "customer"), "token", hidden(t, body, "token"))
	require.Equal(t, "/en/stop", after)
	account, _ := anna.see("/en/account")
	require.NotContains(t, account, `name="newsletter" value="yes" checked`)
	anna.press("/en/cart/add", "sku", "espresso-cup-white")
	for range 5 {
		require.NoError(t, shop.Wheel.Drain(t.Context()))
		at = at.AddDate(0, 0, 1)
	}
	require.Len(t, shop.Outbox.Mails("anna@example.com"), 2, "no letter after she ended them")
}

// Hostile forms of members: refused or harmless.
func TestHostileMembers(t *testing.T) {
	shop := opened(t, "memory")
	handler := site(shop)
	anna, eve := visit(t, handler), visit(t, handler)
	anna.join(shop, "anna@example.com", "")
	eve.join(shop, "eve@example.com", "")
	_, order := anna.order(anna.review("en", "card-4242"), "en")
	for _, c := range []struct {
		path   string
		fields []string
	}{
		{order + "/return", []string{"line", "1", "quantity", "1"}},
		{"/en/account/profile", []string{"name", strings.Repeat("x", 1900)}},
		{"/en/account/profile", []string{"drop", "99", "name", ""}}, {"/en/account/profile", []string{"drop", "-99999999999999999999"}},
		{"/en/goods/stoneware-mug/voices", []string{"kind", "review", "rating", "99", "text", "x"}},
		{"/en/goods/stoneware-mug/voices", []string{"kind", "sermon", "text", "<script>alert(1)</script>"}},
		{"/en/goods/stoneware-mug/voices", []string{"kind", "answer", "parent", "none", "text", "x"}},
		{"/en/goods/none/voices", []string{"kind", "review", "rating", "1"}}, {"/en/goods/stoneware-mug/vote", []string{"post", "none", "value", "1"}},
		{"/en/goods/stoneware-mug/vote", []string{"post", "none", "value", "1000"}},
		{"/en/login", []string{"email", "eve@example.com", "password", password, "then", "//evil.example/"}},
		{"/en/login", []string{"email", strings.Repeat("a", 1900), "password", strings.Repeat("b", 1900)}},
		{"/en/login/link", []string{"email", "a@b.c\r\nBcc: all@example.com"}}, {"/en/login/link", []string{"email", "<script>"}},
		{"/en/stop", []string{"customer", string(anna.who(shop, "anna@example.com")), "token", "AAAA"}},
	} {
		body, at := eve.press(c.path, c.fields...)
		require.NotContains(t, body, "<script>", c.path)
		require.True(t, strings.HasPrefix(at, "/en/"), at)
	}
	require.Empty(t, shop.Outbox.Mails("a@b.c"))
	body, _ := eve.see(order)
	require.NotContains(t, body, "Stoneware mug")
	anna.see(order)

	// Anna's cart and session are not Eve's.
	anna.press("/en/cart/add", "sku", "espresso-cup-white")
	anna.see("/en/checkout")
	body, _ = eve.see("/en/cart")
	require.NotContains(t, body, "Espresso")

	// A forged cookie is nobody.
	jar := eve.Jar.Cookies(must(url.Parse(eve.base)))
	require.NotEmpty(t, jar)
	request := must(http.NewRequestWithContext(context.Background(), "GET", eve.base+"/en/account", nil))
	request.AddCookie(&http.Cookie{Name: "store", Value: jar[0].Value[:len(jar[0].Value)-2] + "AA"})
	r, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, "/en/login", r.Request.URL.Path)
	r.Body.Close()
}
