package order_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
)

func secret(text string) []byte { return []byte(strings.Repeat(text, order.MinSecret)) }

func TestLinks(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	old, err := order.NewLinks(secret("a"))
	require.NoError(t, err)
	links, err := order.NewLinks(secret("b"), secret("a"))
	require.NoError(t, err)
	token := links.Token("o", now.Add(time.Hour))
	require.NoError(t, links.Check("o", token, now.Add(time.Hour-time.Second)))
	require.ErrorIs(t, links.Check("o", token, now.Add(time.Hour)), order.ErrLinkExpired)
	require.ErrorIs(t, links.Check("o", token, now.Add(time.Hour)), flywheel.ErrExpired)
	require.NoError(t, links.Check("o", old.Token("o", now.Add(time.Hour)), now), "tokens of the secret before are good")
	require.ErrorIs(t, old.Check("o", token, now), order.ErrLink)
	require.ErrorIs(t, links.Check("p", token, now), flywheel.ErrUnauthenticated, "a token is good for one order")
	data, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for i := range data {
		for _, bit := range []byte{1, 0x80} {
			forged := append([]byte(nil), data...)
			forged[i] ^= bit
			require.ErrorIs(t, links.Check("o", base64.RawURLEncoding.EncodeToString(forged), now), order.ErrLink)
		}
	}
	for _, bad := range []string{"", "AAAA", token[:len(token)-1], token + "A", token + "=", strings.Repeat("A", 1000), " " + token} {
		require.ErrorIs(t, links.Check("o", bad, now), order.ErrLink, "%q", bad)
	}
	_, err = order.NewLinks()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = order.NewLinks(secret("a"), []byte("short"))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func ExampleLinks() {
	links, err := order.NewLinks(secret("s"))
	if err != nil {
		fmt.Println(err)
		return
	}
	day := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	token := links.Token("o", day.AddDate(0, 0, 30))
	fmt.Println(len(token), links.Check("o", token, day))
	fmt.Println(links.Check("another", token, day))
	// Output:
	// 54 <nil>
	// order: no valid link: unauthenticated: forbidden
}

// Nothing of a person gets into logs and errors, however an order is printed.
func TestPrintedOrderHidesThePerson(t *testing.T) {
	o := order.Order{
		ID: "o1", Contact: order.Contact{Email: "ann@example.com", Phone: "+4915112345678", Name: "Ann Example"},
		Shipping: &order.Address{Name: "Ann Example", Street: []string{"Hauptstraße 1"}, Country: "DE"},
	}
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	log.Info("order", "order", o, "contact", o.Contact, "address", *o.Shipping)
	fmt.Fprintf(&b, "%v %+v %#v %s %v %+v", o, o, o, o.Contact, *o.Shipping, o.Shipping)
	for _, text := range []string{"ann@example.com", "+4915112345678", "Ann Example", "Hauptstraße"} {
		require.NotContains(t, b.String(), text)
	}
	require.Contains(t, b.String(), "o1")
}
