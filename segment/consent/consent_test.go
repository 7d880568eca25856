package consent_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/consent"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func yes(hour int, purpose, channel string) consent.Consent {
	return consent.Consent{Customer: "ann", Purpose: purpose, Channel: channel, Given: true, Text: "Send me offers.", Version: fmt.Sprint("v", hour), Source: "checkout", At: noon.Add(time.Duration(hour) * time.Hour)}
}

func no(hour int, purpose, channel string) consent.Consent {
	return consent.Consent{Customer: "ann", Purpose: purpose, Channel: channel, At: noon.Add(time.Duration(hour) * time.Hour)}
}

// entries are consents in the log, in the given order.
func entries(t *testing.T, said ...consent.Consent) []flywheel.Entry {
	var list []flywheel.Entry
	for i, c := range said {
		e, err := c.Event()
		require.NoError(t, err)
		list = append(list, flywheel.Entry{Event: e, Position: flywheel.Position(i + 1), Effective: e.Time, Received: e.Time.Add(time.Second)})
	}
	return list
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		name             string
		said             []consent.Consent
		purpose, channel string
		want             string // the version of the proof, "" for none
		allowed          bool
	}{
		{"nothing was said", nil, "marketing", "email", "", false},
		{"just that", []consent.Consent{yes(1, "marketing", "email")}, "marketing", "email", "v1", true},
		{"another channel", []consent.Consent{yes(1, "marketing", "email")}, "marketing", "sms", "", false},
		{"another purpose", []consent.Consent{yes(1, "marketing", "email")}, "research", "email", "", false},
		{"every channel", []consent.Consent{yes(1, "marketing", "")}, "marketing", "sms", "v1", true},
		{"everything", []consent.Consent{yes(1, "", "")}, "research", "sms", "v1", true},
		{"everything is not transactional", []consent.Consent{yes(1, "", "")}, consent.Transactional, "email", "", false},
		{"transactional by name", []consent.Consent{yes(1, consent.Transactional, "")}, consent.Transactional, "email", "v1", true},
		{"taken back", []consent.Consent{yes(1, "marketing", "email"), no(2, "marketing", "email")}, "marketing", "email", "", false},
		{"taken back for all", []consent.Consent{yes(1, "marketing", "email"), no(2, "", "")}, "marketing", "email", "", false},
		{"taken back for another channel", []consent.Consent{yes(1, "marketing", ""), no(2, "marketing", "sms")}, "marketing", "email", "v1", true},
		{"given again", []consent.Consent{yes(1, "marketing", "email"), no(2, "", ""), yes(3, "marketing", "email")}, "marketing", "email", "v3", true},
		{"told late", []consent.Consent{no(2, "marketing", "email"), yes(1, "marketing", "email")}, "marketing", "email", "", false},
		{"at one instant the log decides", []consent.Consent{yes(1, "marketing", "email"), no(1, "marketing", "")}, "marketing", "email", "", false},
	} {
		proof, allowed := consent.Of(entries(t, c.said...)).Allowed(c.purpose, c.channel)
		require.Equal(t, c.allowed, allowed, c.name)
		require.Equal(t, c.want, proof.Version, c.name)
	}
	r := consent.Of(entries(t, yes(1, "marketing", "email"), no(5, "marketing", "email")))
	_, allowed := r.AllowedAt("marketing", "email", noon.Add(4*time.Hour))
	require.True(t, allowed, "it was then")
	_, allowed = r.AllowedAt("marketing", "email", noon)
	require.False(t, allowed, "not yet")
	_, allowed = consent.Of(entries(t, yes(1, "marketing", "email"))).Allowed("marketing", "email", "v2", "v3")
	require.False(t, allowed, "an old text")
	require.Len(t, r.History(), 2)
}

// A consent goes through the log and comes back as it was given, once, with the proof;
// it goes with the person. Package campaign obeys the same events.
func TestThroughTheLog(t *testing.T) {
	require.Equal(t, campaign.EventSubscribed, consent.EventGiven)
	require.Equal(t, campaign.EventUnsubscribed, consent.EventWithdrawn)
	require.Equal(t, campaign.PurposeTransactional, consent.Transactional)
	ctx := t.Context()
	log, err := segment.NewLog(segment.NewMemoryLog(nil), &segment.LogOptions{Now: func() time.Time { return noon.Add(24 * time.Hour) }})
	require.NoError(t, err)
	given := yes(1, "marketing", "email")
	for range 2 {
		e, err := given.Event()
		require.NoError(t, err)
		require.NoError(t, log.Publish(ctx, e))
	}
	_, err = log.Number(ctx)
	require.NoError(t, err)
	said, err := log.Of(ctx, "ann")
	require.NoError(t, err)
	proof, allowed := consent.Of(said).Allowed("marketing", "email")
	require.True(t, allowed)
	require.Equal(t, given, proof.Consent)
	require.Equal(t, noon.Add(24*time.Hour), proof.Received)
	require.Len(t, consent.Of(said).History(), 1)
	require.NoError(t, log.Forget(ctx, "ann"))
	said, err = log.Of(ctx, "ann")
	require.NoError(t, err)
	require.Empty(t, consent.Of(said).History())
}

func TestRefused(t *testing.T) {
	for field, change := range map[string]func(c *consent.Consent){
		"customer": func(c *consent.Consent) { c.Customer = "" },
		"at":       func(c *consent.Consent) { c.At = time.Time{} },
		"text":     func(c *consent.Consent) { c.Text = "" },
		"version":  func(c *consent.Consent) { c.Version = "" },
		"purpose":  func(c *consent.Consent) { c.Purpose = " " },
		"channel":  func(c *consent.Consent) { c.Channel = "a\n" },
		"source":   func(c *consent.Consent) { c.Source = strings.Repeat("x", 300) },
	} {
		c := yes(1, "marketing", "email")
		change(&c)
		_, err := c.Event()
		f, ok := errors.AsType[*flywheel.FieldError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, field, f.Field)
	}
	c := yes(1, "marketing", "email")
	c.Text = strings.Repeat("x", consent.MostText+1)
	_, err := c.Event()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, ok := consent.Read(&flywheel.Event{Name: "purchase"})
	require.False(t, ok)
}
