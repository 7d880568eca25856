package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// unseen makes of a refusal because of who asks the answer for a post that does not
// exist, where the caller does not see the post.
func unseen(p *Post, err error) error {
	var refused *moderation.RefusedError
	if errors.As(err, &refused) && refused.Reason == moderation.NotAuthor && !p.Visible() {
		return notFound(p.ID)
	}
	if err != nil {
		return &PostError{p.ID, err}
	}
	return nil
}

// step changes the moderation of a post.
func (s *Service) step(ctx context.Context, id string, fn func(i moderation.Item, now time.Time) (moderation.Item, error)) (Post, error) {
	return s.change(ctx, id, func(_ context.Context, p *Post, now time.Time) (bool, error) {
		next, err := fn(p.Moderation, now)
		if err != nil {
			return false, unseen(p, err)
		}
		p.Moderation = next
		return true, nil
	})
}

// Claim gives a waiting post to a moderator for the lease, see
// [moderation.Machine.Claim]. The queue is List with Sort Waiting.
func (s *Service) Claim(ctx context.Context, id, moderator string) (Post, error) {
	return s.step(ctx, id, func(i moderation.Item, now time.Time) (moderation.Item, error) {
		return s.machine.Claim(i, moderator, now)
	})
}

// Release gives a claimed post back to the queue.
func (s *Service) Release(ctx context.Context, id, moderator string) (Post, error) {
	return s.step(ctx, id, func(i moderation.Item, now time.Time) (moderation.Item, error) {
		return s.machine.Release(i, moderator, now)
	})
}

// maxNote is the longest note of a moderator, in bytes.
const maxNote = 2000

// Decide approves or rejects a post that the moderator holds. The note says why; the
// author is shown it.
func (s *Service) Decide(ctx context.Context, id, moderator string, verdict moderation.State, note string) (Post, error) {
	if len(note) > maxNote {
		return Post{}, fmt.Errorf("review: %w", field("note", fmt.Errorf("%d bytes, at most %d: %w", len(note), maxNote, flywheel.ErrLimit)))
	}
	return s.change(ctx, id, func(_ context.Context, p *Post, now time.Time) (bool, error) {
		next, err := s.machine.Decide(p.Moderation, moderator, verdict, now)
		if err != nil {
			return false, &PostError{id, err}
		}
		p.Moderation = next
		p.Note, _ = moderation.Clean(note)
		return true, nil
	})
}

// Appeal asks for a second decision about a rejected post, by its author.
func (s *Service) Appeal(ctx context.Context, id string, author flywheel.CustomerID) (Post, error) {
	return s.step(ctx, id, func(i moderation.Item, now time.Time) (moderation.Item, error) {
		return s.machine.Appeal(i, string(author), now)
	})
}

// Edit replaces the content of a post by that of a draft: Name, Rating, Title, Text,
// Language, Media and Incentive. It needs a new look. Only the author may.
func (s *Service) Edit(ctx context.Context, id string, author flywheel.CustomerID, d Draft) (Post, error) {
	return s.change(ctx, id, func(ctx context.Context, p *Post, now time.Time) (bool, error) {
		next, err := s.machine.Edit(p.Moderation, string(author), now)
		if err != nil {
			return false, unseen(p, err)
		}
		d.Kind = p.Kind
		if err := d.checkContent(s.opts.MaxText); err != nil {
			return false, &PostError{id, err}
		}
		if d.Kind != Review && (d.Rating != 0 || d.Incentive != NoIncentive) {
			return false, &PostError{id, field("rating", fmt.Errorf("a rating or an incentive of a %s: %w", d.Kind, flywheel.ErrInvalid))}
		}
		if err := s.content(ctx, p, &d, now); err != nil {
			return false, err
		}
		p.Moderation = next
		return true, nil
	})
}

// Withdraw removes a post on the wish of its author; nothing of it can be read any
// more. Another review of the product may follow.
func (s *Service) Withdraw(ctx context.Context, id string, author flywheel.CustomerID) error {
	_, err := s.change(ctx, id, func(_ context.Context, p *Post, _ time.Time) (bool, error) {
		if author == "" || author != p.Author {
			return false, unseen(p, &moderation.RefusedError{Reason: moderation.NotAuthor})
		}
		version := p.Version
		*p = p.Erased()
		p.Version = version
		return true, nil
	})
	return err
}

// Report notes that a reader objects to a visible post; enough different readers
// hide it until a moderator has looked.
func (s *Service) Report(ctx context.Context, id string, reporter flywheel.CustomerID) (outcome moderation.Outcome, err error) {
	_, err = s.change(ctx, id, func(_ context.Context, p *Post, now time.Time) (bool, error) {
		if !p.Visible() {
			return false, notFound(id)
		}
		next, what, err := s.machine.Report(p.Moderation, string(reporter), now)
		if err != nil {
			return false, &PostError{id, err}
		}
		p.Moderation, outcome = next, what
		return what == moderation.Noted || what == moderation.Hidden, nil
	})
	if err != nil {
		return "", err
	}
	return outcome, nil
}

// Vote sets whether a reader found a visible post helpful (1), not (-1), or takes
// the vote back (0), and returns the counts. Nobody votes on their own post.
func (s *Service) Vote(ctx context.Context, id string, voter flywheel.CustomerID, value int) (up, down int64, err error) {
	if err := flywheel.CheckID(string(voter)); err != nil {
		return 0, 0, fmt.Errorf("review: %w", field("voter", err))
	}
	if value < -1 || value > 1 {
		return 0, 0, fmt.Errorf("review: %w", outOfRange("value", "%d is not -1, 0 or 1", value))
	}
	err = s.inTx(ctx, func(ctx context.Context) error {
		p, err := s.store.Get(ctx, id)
		switch {
		case err != nil:
			return err
		case !p.Visible():
			return notFound(id)
		case p.Author == voter:
			return &PostError{id, &moderation.RefusedError{Reason: moderation.OwnItem}}
		}
		up, down, err = s.store.Vote(ctx, id, voter, value)
		return err
	})
	return up, down, err
}
