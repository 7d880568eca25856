package referral_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty/referral"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var day0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// told makes entries of events, a day after one another.
func told(events ...flywheel.Event) []flywheel.Entry {
	var all []flywheel.Entry
	for i, e := range events {
		at := day0.AddDate(0, 0, i)
		e.ID, e.Time = fmt.Sprintf("e%d", i), at
		all = append(all, flywheel.Entry{Position: flywheel.Position(i + 1), Received: at, Effective: at, Person: flywheel.PersonOf(e.Customer, e.Visitor), Event: e})
	}
	return all
}

func signUp(who, by flywheel.CustomerID) flywheel.Event {
	return flywheel.Event{Name: flywheel.EventSignUp, Customer: who, Properties: map[string]any{referral.PropertyReferrer: string(by)}}
}

func bought(who flywheel.CustomerID, order string, minor int64) flywheel.Event {
	return flywheel.Event{Name: flywheel.EventPurchase, Customer: who, Ref: order, Value: money.New(minor, money.EUR)}
}

func refunded(who flywheel.CustomerID, order string, minor int64) flywheel.Event {
	return flywheel.Event{Name: flywheel.EventRefund, Customer: who, Ref: order, Value: money.New(minor, money.EUR)}
}

// A reward waits for the hold, and is lost by an order of which nothing stands.
func TestRewards(t *testing.T) {
	for name, c := range map[string]struct {
		events  []flywheel.Event
		granted []string
	}{
		"stands":              {[]flywheel.Event{signUp("ben", "anna"), bought("ben", "o1", 1000)}, []string{"anna ben o1"}},
		"only the first":      {[]flywheel.Event{signUp("ben", "anna"), bought("ben", "o1", 1000), bought("ben", "o2", 1000)}, []string{"anna ben o1"}},
		"partly returned":     {[]flywheel.Event{signUp("ben", "anna"), bought("ben", "o1", 1000), refunded("ben", "o1", 999)}, []string{"anna ben o1"}},
		"returned":            {[]flywheel.Event{signUp("ben", "anna"), bought("ben", "o1", 1000), refunded("ben", "o1", 400), refunded("ben", "o1", 600)}, nil},
		"canceled":            {[]flywheel.Event{signUp("ben", "anna"), bought("ben", "o1", 1000), {Name: referral.EventOrderCanceled, Customer: "ben", Ref: "o1"}}, nil},
		"another's refund":    {[]flywheel.Event{signUp("ben", "anna"), bought("ben", "o1", 1000), refunded("ben", "o9", 1000)}, []string{"anna ben o1"}},
		"oneself":             {[]flywheel.Event{signUp("ben", "ben"), bought("ben", "o1", 1000)}, nil},
		"twice":               {[]flywheel.Event{signUp("ben", "anna"), signUp("ben", "carl"), bought("ben", "o1", 1000)}, []string{"anna ben o1"}},
		"circle":              {[]flywheel.Event{signUp("ben", "anna"), signUp("anna", "ben"), bought("anna", "o1", 1000)}, nil},
		"nobody":              {[]flywheel.Event{signUp("ben", ""), bought("ben", "o1", 1000), {Name: flywheel.EventPurchase, Visitor: "v"}}, nil},
		"bought before":       {[]flywheel.Event{bought("ben", "o0", 1000), signUp("ben", "anna")}, nil},
		"other currency":      {[]flywheel.Event{signUp("ben", "anna"), bought("ben", "o1", 1000), {Name: flywheel.EventRefund, Customer: "ben", Ref: "o1", Value: money.New(1000, money.USD)}}, []string{"anna ben o1"}},
		"two of one referrer": {[]flywheel.Event{signUp("ben", "anna"), signUp("carl", "anna"), bought("carl", "o1", 1000), bought("ben", "o2", 1000)}, []string{"anna carl o1", "anna ben o2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var granted []string
			w, err := referral.NewRewards(referral.RewardsOptions{Hold: 14 * 24 * time.Hour, Grant: func(_ context.Context, r referral.Referral) error {
				granted = append(granted, fmt.Sprintf("%s %s %s", r.Referrer, r.Referred, r.Order))
				return nil
			}})
			require.NoError(t, err)
			require.NoError(t, w.Consume(t.Context(), told(c.events...)))
			_, err = w.Advance(t.Context(), day0.AddDate(0, 0, 10))
			require.NoError(t, err)
			require.Empty(t, granted, "the hold")
			for range 2 {
				_, err = w.Advance(t.Context(), day0.AddDate(0, 0, 30))
				require.NoError(t, err)
			}
			require.Equal(t, c.granted, granted)

			require.NoError(t, w.Reset(t.Context()))
			require.Empty(t, w.Of("anna"))
			require.NoError(t, w.Consume(t.Context(), told(c.events...)))
			require.NoError(t, w.Forget(t.Context(), "anna"))
			require.Empty(t, w.Of("anna"))
		})
	}
}

// A grant that fails is tried again, and holds up no other.
func TestRewardThatFails(t *testing.T) {
	down, granted := true, 0
	w, err := referral.NewRewards(referral.RewardsOptions{Grant: func(_ context.Context, r referral.Referral) error {
		if r.Referred == "ben" && down {
			return errors.New("down")
		}
		granted++
		return nil
	}})
	require.NoError(t, err)
	require.NoError(t, w.Consume(t.Context(), told(signUp("ben", "anna"), signUp("carl", "anna"), bought("ben", "o1", 1), bought("carl", "o2", 1))))
	_, err = w.Advance(t.Context(), day0.AddDate(0, 1, 0))
	require.Error(t, err)
	require.Equal(t, 1, granted)
	down = false
	_, err = w.Advance(t.Context(), day0.AddDate(0, 1, 0))
	require.NoError(t, err)
	require.Equal(t, 2, granted)
	require.Len(t, w.Of("anna"), 2)
	require.Equal(t, referral.RewardEarned, w.State(w.Of("anna")[0], day0.AddDate(0, 1, 0)))
}

func TestRewardsCheck(t *testing.T) {
	w, err := referral.NewRewards(referral.RewardsOptions{Grant: func(context.Context, referral.Referral) error { return nil }})
	require.NoError(t, err)
	people := func(id string) referral.Person {
		return map[string]referral.Person{"anna": {Email: "jo.doe@gmail.com"}, "ben": {Email: "jodoe+2@gmail.com"}, "carl": {Email: "c@example.com"}, "dora": {Orders: 1}}[id]
	}
	for who, reason := range map[flywheel.CustomerID]referral.Reason{"anna": referral.Self, "ben": referral.SamePerson, "dora": referral.NotNew} {
		var refused *referral.RefusedError
		require.ErrorAs(t, w.Check("anna", who, people), &refused)
		require.Equal(t, reason, refused.Reason)
	}
	for range 2 {
		require.NoError(t, w.Check("anna", "carl", people), "checking changes nothing")
	}
	_, err = referral.NewRewards(referral.RewardsOptions{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = referral.NewRewards(referral.RewardsOptions{Hold: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func ExampleRewards() {
	rewards, err := referral.NewRewards(referral.RewardsOptions{
		Hold: 14 * 24 * time.Hour,
		Grant: func(_ context.Context, r referral.Referral) error {
			fmt.Println("reward for", r.Referrer, "and", r.Referred)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	err = rewards.Consume(ctx, told(signUp("ben", "anna"), bought("ben", "o-1", 2599)))
	fmt.Println(err)
	fmt.Println(rewards.Advance(ctx, day0.AddDate(0, 0, 10)))
	fmt.Println(rewards.Advance(ctx, day0.AddDate(0, 0, 15)))
	// Output:
	// <nil>
	// false <nil>
	// reward for anna and ben
	// false <nil>
}

func ExampleNewRewards() {
	_, err := referral.NewRewards(referral.RewardsOptions{Hold: -time.Hour})
	fmt.Println(err)
	// Output: referral: hold: out of range
}
