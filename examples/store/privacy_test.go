package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/service"
)

// erasure lets a customer live in the store, erases the customer and looks everywhere.
func erasure(t *testing.T, email string, nowhere []string) {
	file := filepath.Join(t.TempDir(), "store.db")
	shop := opened(t, "sqlite:"+file)
	b := visit(t, site(shop))
	guest, _ := b.order(b.review("en", "card-4242"), "en") // the same person, before the account
	require.Contains(t, guest, "Thank you")
	b.press("/en/login/link", "email", email)
	_, link := letter(t, shop, email)
	body, _ := b.see(link)
	b.press("/en/password", "token", hidden(t, body, "token"), "name", "Zenobia Quill", "password", password, "newsletter", "yes")
	id := b.who(shop, email)
	b.press("/en/account/profile", "name", "Zenobia Quill", "street", "Quillgasse 7", "postcode", "10115", "city", "Berlin", "country", "DE")
	b.see("/en/goods?q=quillwork")
	b.press("/en/cart/add", "sku", "espresso-cup-white", "quantity", "1")
	b.see("/en/checkout")
	b.press("/en/checkout/delivery", "option", "standard")
	body, _ = b.press("/en/checkout/payment", "number", "4242 4242 4242 4242", "expiry", "12/40")
	_, at := b.order(body, "en")
	require.Regexp(t, `^/en/orders/`, at)
	b.press("/en/goods/espresso-cup/voices", "kind", "review", "rating", "5", "title", "Quill", "text", "Quillworthy. Write to "+email)
	_, err := shop.Tickets.Open(t.Context(), service.Request{Customer: id, Subject: "Quill", Text: "My address is " + email, Priority: "normal"})
	require.NoError(t, err)
	b.press("/en/cart/add", "sku", "stoneware-mug-blue") // another cart, with a session
	b.see("/en/checkout")
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	totals := func() (n int, sum int64) {
		for o, err := range shop.Orders.List(t.Context(), order.Filter{}) {
			require.NoError(t, err)
			n, sum = n+1, sum+o.Total.Minor()
		}
		return n, sum
	}
	count, sum := totals()
	level, err := shop.Stock.Level(t.Context(), "espresso-cup-white")
	require.NoError(t, err)
	names := append([]string{email, "Quill"}, nowhere...)
	require.Contains(t, everything(t, file), email, "what is looked for was there")

	export, _ := b.see("/en/account/data/all.json")
	for _, kept := range []string{email, "Quillgasse", "Quillworthy", "My address is", "quillwork", `"orders"`, `"points"`} {
		require.True(t, strings.Contains(export, kept), kept)
	}
	require.NotContains(t, export, `"hash": "`)
	require.Contains(t, export, `"hash": null`)
	wrong, _ := b.press("/en/account/erase", "password", "not my password")
	require.Contains(t, wrong, "not your password")
	gone, _ := b.press("/en/account/erase", "password", password)
	require.Contains(t, gone, "does not know you")
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	for range 2 {
		text := everything(t, file)
		for _, name := range names {
			for line := range strings.Lines(text) {
				require.NotContains(t, strings.ToLower(line), strings.ToLower(name))
			}
		}
		n, after := totals()
		require.Equal(t, count, n)
		require.Equal(t, sum, after)
		now, err := shop.Stock.Level(t.Context(), "espresso-cup-white")
		require.NoError(t, err)
		require.Equal(t, level, now)
		for _, erase := range shop.Erase[1:] { // again; the first needs the account
			require.NoError(t, erase(t.Context(), id))
		}
	}
	require.Empty(t, shop.Outbox.Mails(email))
	_, at = b.see("/en/account")
	require.Equal(t, "/en/login", at)
	body, _ = b.press("/en/login", "email", email, "password", password)
	require.Contains(t, body, `role="alert"`)
}

// everything is all that the tables of the database hold, as text.
func everything(t *testing.T, file string) string {
	t.Helper()
	_, err := os.Stat(file)
	require.NoError(t, err)
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer db.Close()
	var b strings.Builder
	for _, table := range texts(t, db, `SELECT name FROM sqlite_master WHERE type = 'table'`) {
		columns := texts(t, db, fmt.Sprintf(`SELECT name FROM pragma_table_info('%s')`, table))
		for i := range columns {
			columns[i] = fmt.Sprintf(`coalesce(CAST("%s" AS TEXT), '')`, columns[i])
		}
		for _, row := range texts(t, db, fmt.Sprintf(`SELECT %s FROM "%s"`, strings.Join(columns, ` || ' ' || `), table)) {
			b.WriteString(table + " " + row + "\n")
		}
	}
	return b.String()
}

func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err, query)
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}
