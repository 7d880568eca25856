package pricing

import (
	"context"
	"errors"
	"reflect"
)

// PutPromotion saves the promotion of a JSON document, in the form of
// [ReadPromotion] and in place of the one with its ID, whatever the version of that
// is. The same document again changes nothing. It is for neighbors that know
// promotions only as documents, such as live selling.
func (s *Service) PutPromotion(ctx context.Context, document []byte) error {
	p, err := ReadPromotion(document)
	if err != nil {
		return err
	}
	for range 100 { // each time somebody else saved it meanwhile
		p.Version = 0
		for there, err := range s.store.Promotions(ctx) {
			if err != nil {
				return err
			}
			if there.ID == p.ID {
				p.Version = there.Version
				if reflect.DeepEqual(there.Stored(), p.Stored()) {
					return nil
				}
			}
		}
		if _, err = s.SavePromotion(ctx, p); !errors.Is(err, ErrVersion) {
			return err
		}
	}
	return err
}
