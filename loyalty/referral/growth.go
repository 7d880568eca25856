package referral

import "math"

// Spread is what invitations come to.
type Spread struct {
	// K is how many customers one customer brings: invitations times conversion.
	K float64
	// Users is how many customers there are after the given time.
	Users float64
	// Limit is how many there will be in the end, and Amplification how many for each
	// of the first; both are infinite where K is 1 or more.
	Limit, Amplification float64
}

// Growth returns what becomes of a number of first customers who each send
// invitations, of which a share becomes a customer after one cycle and sends
// invitations in turn: seed·(K^(days/cycle + 1) - 1)/(K - 1). O(1).
func Growth(seed, invitesPerUser, conversion, cycleDays, days float64) (Spread, error) {
	for _, v := range []struct {
		field string
		value float64
		least float64
	}{{"seed", seed, 0}, {"invites_per_user", invitesPerUser, 0}, {"conversion", conversion, 0}, {"days", days, 0}} {
		if !(v.value >= v.least) || math.IsInf(v.value, 0) {
			return Spread{}, wrong(v.field, "%v", v.value)
		}
	}
	if conversion > 1 {
		return Spread{}, wrong("conversion", "%v is more than 1", conversion)
	}
	if !(cycleDays > 0) || math.IsInf(cycleDays, 0) {
		return Spread{}, wrong("cycle_days", "%v is not positive", cycleDays)
	}
	s := Spread{K: invitesPerUser * conversion, Limit: math.Inf(1), Amplification: math.Inf(1)}
	cycles := days / cycleDays
	switch {
	case s.K == 1:
		s.Users = seed * (cycles + 1)
	case s.K == 0:
		s.Users = seed
	default:
		// (K^n - 1)/(K - 1) without cancellation near 1.
		log := math.Log(s.K)
		s.Users = seed * math.Expm1((cycles+1)*log) / (s.K - 1)
	}
	if s.K < 1 {
		s.Amplification = 1 / (1 - s.K)
		s.Limit = seed * s.Amplification
	}
	if math.IsInf(s.Users, 0) || math.IsNaN(s.Users) {
		return Spread{}, wrong("days", "more customers after %v days than can be counted", days)
	}
	return s, nil
}
