package community

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Score is points that somebody got some time ago.
type Score struct {
	User   string
	Points float64
	Age    time.Duration
}

// Standing is a place on a leaderboard.
type Standing struct {
	User  string  `json:"user"`
	Score float64 `json:"score"`
	// Rank is shared by equal scores: 1, 2, 2, 4.
	Rank int `json:"rank"`
}

// Leaderboard ranks people by points that halve in each half-life, so that a lead
// must be kept. Equal scores share a rank and stand in the order of their names.
// O(n + m log m) for m people.
func Leaderboard(scores []Score, halfLife time.Duration) ([]Standing, error) {
	if halfLife <= 0 {
		return nil, wrong("half_life", "%v is not positive", halfLife)
	}
	sums := map[string]float64{}
	for i, s := range scores {
		if s.Age < 0 {
			return nil, wrong(fmt.Sprintf("scores[%d].age", i), "%v is negative", s.Age)
		}
		if math.IsNaN(s.Points) || math.IsInf(s.Points, 0) {
			return nil, wrong(fmt.Sprintf("scores[%d].points", i), "%v", s.Points)
		}
		sums[s.User] += float64(s.Points * math.Exp2(-float64(s.Age)/float64(halfLife)))
	}
	var board []Standing
	for _, user := range slices.Sorted(maps.Keys(sums)) {
		board = append(board, Standing{User: user, Score: sums[user]})
	}
	slices.SortStableFunc(board, func(a, b Standing) int { return cmp.Compare(b.Score, a.Score) })
	for i := range board {
		if board[i].Rank = i + 1; i > 0 && board[i].Score == board[i-1].Score {
			board[i].Rank = board[i-1].Rank
		}
	}
	return board, nil
}
