package message_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// areas run the abuse cases that are about messages. They return the text that came
// out, or the error of the refusal; ran is false for a case of another package.
var areas = map[string]func(t *testing.T, input json.RawMessage) (output string, ran bool, err error){
	"html_text": htmlText, "header_value": headerValue, "privacy": privacy,
}

func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		run, mine := areas[c.Area]
		if !mine {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			output, ran, err := run(t, c.Input)
			if !ran {
				t.Skip("of another package")
			}
			var want struct {
				Result, Kind   string
				MustNotContain []string `json:"must_not_contain"`
				MustContain    []string `json:"must_contain"`
				Any            []string `json:"must_contain_any"`
			}
			testkit.Strict(t, c.Expected, &want)
			require.Equal(t, want.Result == "accepted", err == nil, "%s: %v", c.Attack, err)
			if err != nil {
				require.Equal(t, want.Kind, kind(t, err))
			}
			for _, text := range want.MustNotContain {
				require.NotContains(t, output, text)
			}
			for _, text := range want.MustContain {
				require.Contains(t, output, text)
			}
			require.True(t, want.Any == nil || slices.ContainsFunc(want.Any, func(text string) bool { return strings.Contains(output, text) }), "%s", output)
		})
	}
}

func kind(t *testing.T, err error) string {
	t.Helper()
	switch {
	case errors.Is(err, flywheel.ErrUnauthenticated):
		return "unauthenticated"
	case errors.Is(err, flywheel.ErrInvalid):
		return "invalid"
	case errors.Is(err, flywheel.ErrLimit):
		return "limit"
	}
	t.Fatalf("%v", err)
	return ""
}

func htmlText(t *testing.T, input json.RawMessage) (string, bool, error) {
	var in struct {
		Template      string
		Data          map[string]string
		CustomerEmail string `json:"customer_email"`
	}
	testkit.Strict(t, input, &in)
	tmpl, err := message.Parse(message.Source{HTML: in.Template})
	if err != nil {
		return "", true, err
	}
	// What a template does not name it cannot reach.
	in.Data["customer_email"] = in.CustomerEmail
	r, err := tmpl.Render(in.Data)
	return r.HTML, true, err
}

func headerValue(t *testing.T, input json.RawMessage) (string, bool, error) {
	var in struct{ Header, Value string }
	testkit.Strict(t, input, &in)
	out, err := message.Header(in.Header, in.Value)
	return out, true, err
}

// privacy runs the cases about printing and about links. Erasure is that of every
// store, consent that of package campaign.
func privacy(t *testing.T, input json.RawMessage) (string, bool, error) {
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(input, &fields))
	switch {
	case fields["render"] != nil:
		var in struct {
			Customer struct{ ID, Email, Phone, Name string }
			Render   []string
		}
		testkit.Strict(t, input, &in)
		r := message.Recipient{
			Customer: flywheel.CustomerID(in.Customer.ID), Email: message.NewPrivate(in.Customer.Email),
			Phone: message.NewPrivate(in.Customer.Phone), Name: message.NewPrivate(in.Customer.Name),
		}
		return rendered(t, r, in.Render), true, nil
	case fields["link"] != nil:
		var in struct {
			Link struct{ Customer, Token string }
		}
		testkit.Strict(t, input, &in)
		links, err := message.NewLinks([]byte("0123456789abcdef"))
		require.NoError(t, err)
		return "", true, links.Check(flywheel.CustomerID(in.Link.Customer), "unsubscribe", in.Link.Token)
	}
	return "", false, nil
}

// rendered prints a recipient in each of the ways, alone and within other values.
func rendered(t *testing.T, r message.Recipient, ways []string) string {
	var b bytes.Buffer
	within := struct {
		To     message.Recipient
		hidden message.Recipient
		list   []message.Private
	}{r, r, []message.Private{r.Email, r.Phone}}
	for _, way := range ways {
		switch way {
		case "slog":
			for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
				slog.New(h).Info("sent", "to", r, "within", within, "email", r.Email)
			}
		case "error":
			err := fmt.Errorf("journey: %w", &message.SendError{To: r, Err: errors.New("mailbox full")})
			fmt.Fprintln(&b, err)
		case "json":
			text, err := json.Marshal(within)
			require.NoError(t, err)
			b.Write(text)
		default:
			require.True(t, strings.HasPrefix(way, "%"), "unknown way %q", way)
			fmt.Fprintf(&b, way+"\n"+way+"\n"+way+"\n", r, &r, within)
		}
	}
	return b.String()
}
